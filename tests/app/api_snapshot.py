"""What clients rely on in the app's own description of its endpoints, as a file.

    python -m tests.app.api_snapshot

starts the app and writes `api_snapshot.json` anew. Do so when an endpoint or a parameter was added:
from then on `test_contract.py` holds it. Nothing that is in the file may be changed or removed.
"""

import json
import tempfile
from pathlib import Path

PATH = Path(__file__).with_suffix(".json")


def summarize(api: dict) -> dict:
    """Names, order, types and defaults out of `Client.view_api(return_format="dict")`.

    A parameter without a default has no "default" in its entry. Descriptions are left out, because
    they may improve.
    """

    def parameter(entry: dict) -> dict:
        found = {"name": entry["parameter_name"], "type": entry["python_type"]["type"]}
        if entry["parameter_has_default"]:
            found["default"] = entry["parameter_default"]
        return found

    return {
        endpoint: {
            "parameters": [parameter(entry) for entry in description["parameters"]],
            "returns": [entry["python_type"]["type"] for entry in description["returns"]],
        }
        for endpoint, description in sorted(api["named_endpoints"].items())
    }


def format_json(summary: dict) -> str:
    """JSON with one parameter a line, so that a diff shows what was added."""
    endpoints = []
    for endpoint, description in summary.items():
        lines = ",\n".join(f"   {json.dumps(entry)}" for entry in description["parameters"])
        endpoints.append(
            f' {json.dumps(endpoint)}: {{\n  "parameters": [\n{lines}\n  ],\n'
            f'  "returns": {json.dumps(description["returns"])}\n }}'
        )
    return "{\n" + ",\n".join(endpoints) + "\n}\n"


def main() -> None:
    from gradio_client import Client

    from tests import serving

    with tempfile.TemporaryDirectory() as folder, serving.app(Path(folder)) as url:
        api = Client(url, verbose=False).view_api(return_format="dict", print_info=False)
    PATH.write_text(format_json(summarize(api)), encoding="utf-8")
    print(f"{len(api['named_endpoints'])} endpoints in {PATH}")


if __name__ == "__main__":
    main()
