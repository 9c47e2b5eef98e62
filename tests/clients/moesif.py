"""Sends what its middleware for WSGI sends: `moesif.py URL KEY`. Says what the application answered."""

import io
import json
import os
import sys
import threading

from moesifwsgi import MoesifMiddleware

url, application_id = sys.argv[1:]


def application(environ, start_response):
    start_response("201 Created", [("Content-Type", "application/json")])
    return [b'{"order": 7}']


middleware = MoesifMiddleware(
    application,
    {
        "APPLICATION_ID": application_id,
        "BASE_URI": url,
        "IDENTIFY_USER": lambda app, environ, headers=dict(): "ada",
        "IDENTIFY_COMPANY": lambda app, environ, headers=dict(): "engines",
        "GET_METADATA": lambda app, environ: {"datacenter": "west"},
        "BATCH_SIZE": 5,
        "EVENT_BATCH_TIMEOUT": 1,
    },
)
middleware.update_user({"user_id": "ada", "company_id": "engines", "metadata": {"plan": "pro"}})
middleware.update_users_batch([{"user_id": "bob", "metadata": {"plan": "free"}}])
middleware.update_company({"company_id": "engines", "company_domain": "engines.example", "metadata": {"employees": 2}})
statuses = []
for number in range(12):
    body = b'{"item": 1}'
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": f"/orders/{number}",
        "QUERY_STRING": "x=1",
        "SERVER_NAME": "shop.example.com",
        "SERVER_PORT": "443",
        "HTTP_HOST": "shop.example.com",
        "REMOTE_ADDR": "203.0.113.9",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_USER_AGENT": "curl/8.5.0",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
    }
    answer = middleware(environ, lambda status, headers, exc_info=None: statuses.append(status))
    b"".join(answer)
    answer.close()
# Its workers send what waits, and do not always end.
last = threading.Thread(target=middleware._shutdown, daemon=True)
last.start()
last.join(30)
print(json.dumps(sorted(set(statuses))), flush=True)
os._exit(0)
