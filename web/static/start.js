import init from "{{GLUE}}";
init({ module_or_path: "{{PROGRAM}}" });
