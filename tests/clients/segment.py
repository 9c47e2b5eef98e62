"""Sends what its library sends: `segment.py URL KEY`. Says what the library failed at."""

import datetime
import json
import sys

from segment import analytics

url, write_key = sys.argv[1:]
analytics.write_key = write_key
analytics.host = url
analytics.gzip = True
failures = []
analytics.on_error = lambda error, items: failures.append(str(error))

when = datetime.datetime.now(tz=datetime.timezone.utc) - datetime.timedelta(hours=1)
analytics.identify("ada", {"plan": "pro", "address": {"city": "London"}}, anonymous_id="device 1")
analytics.group("ada", "engines", {"employees": 2})
analytics.track(
    "ada",
    "Signed Up",
    {"seats": 3, "when": when, "nested": {"network": "press"}},
    context={"ip": "203.0.113.9", "locale": "en-GB"},
    timestamp=when,
    message_id="signed-up-1",
)
analytics.track("ada", "Signed Up", {"seats": 3}, message_id="signed-up-1")
analytics.page("ada", "Docs", "Home", {"url": "https://www.example.com/home", "referrer": "https://www.google.com/"})
analytics.screen("ada", "Docs", "Main")
analytics.alias("ada", "ada.lovelace")
for number in range(250):
    analytics.track(f"user {number % 8}", "Counted", {"number": number})
analytics.flush()
analytics.shutdown()
print(json.dumps({"failures": failures, "when": when.isoformat()}))
