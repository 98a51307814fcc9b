"""Judges answers with the leaderboard's own checker (package bfcl-eval), for bfcl-agreement.ts.

Reads JSON lines {id, category, calls: [{name, arguments}]} from standard input, writes {id, right, error} lines.
Argument 1: folder of the data set. The package's model registry is replaced by one entry, since it imports every vendor's client.
"""

import json
import sys
import types
from pathlib import Path

registry = types.ModuleType("bfcl_eval.constants.model_config")


class AnyModel(dict):
    def __getitem__(self, _name):
        return types.SimpleNamespace(underscore_to_dot=False)


registry.MODEL_CONFIG_MAPPING = AnyModel()
sys.modules["bfcl_eval.constants.model_config"] = registry

from bfcl_eval.constants.enums import Language  # noqa: E402
from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # noqa: E402


def items(folder):
    for path in sorted(Path(folder).glob("*.jsonl")):
        for line in path.read_text().splitlines():
            if line.strip():
                item = json.loads(line)
                yield item["id"], item


def language(category):
    if "javascript" in category:
        return Language.JAVASCRIPT
    return Language.JAVA if "java" in category else Language.PYTHON


def judge(item, category, calls):
    if "relevance" in category:
        called = len(calls) > 0
        return called != ("irrelevance" in category), None
    decoded = [{call["name"]: json.loads(call["arguments"])} for call in calls]
    result = ast_checker(
        item["function"], decoded, item["ground_truth"], language(category), category, "ostro"
    )
    return result["valid"], result.get("error_type")


def main():
    known = dict(items(sys.argv[1]))
    for line in sys.stdin:
        answer = json.loads(line)
        try:
            right, error = judge(known[answer["id"]], answer["category"], answer["calls"])
        except Exception as problem:  # a crash of the checker is a verdict that the caller must see
            right, error = False, f"crash: {problem!r}"
        print(json.dumps({"id": answer["id"], "right": right, "error": error}))


main()
