"""The leaderboard's own client and checker (package bfcl-eval), for bfcl-agreement.ts.

    bfcl-official.py judge FOLDER          reads {id, category, calls: [{name, arguments}]} lines
    bfcl-official.py ask FOLDER MODEL      reads {id, category} lines and asks the server at OPENAI_BASE_URL

Both write a line {id, calls, right, error} for each. The package's model registry imports every vendor's client, so one entry stands
in for it: chat completions with functions, dots in names become underscores.
"""

import copy
import json
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

registry = types.ModuleType("bfcl_eval.constants.model_config")


class AnyModel(dict):
    def __getitem__(self, _name):
        return types.SimpleNamespace(underscore_to_dot=True)


registry.MODEL_CONFIG_MAPPING = AnyModel()
sys.modules["bfcl_eval.constants.model_config"] = registry

from bfcl_eval.constants.enums import Language  # noqa: E402
from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker  # noqa: E402
from bfcl_eval.model_handler.api_inference.openai_completion import OpenAICompletionsHandler  # noqa: E402
from bfcl_eval.utils import add_language_specific_hint_to_function_doc, is_empty_output  # noqa: E402


def language(category):
    if "javascript" in category:
        return Language.JAVASCRIPT
    return Language.JAVA if "java" in category else Language.PYTHON


def judge(item, category, decoded):
    if "relevance" in category:
        called = decoded is not None and not is_empty_output(decoded)
        return called != ("irrelevance" in category), None
    if decoded is None:
        return False, "decoder_failed"
    try:
        result = ast_checker(
            item["function"], decoded, item["ground_truth"], language(category), category, "ostro"
        )
    except Exception as problem:  # a crash of the checker is a verdict that the caller must see
        return False, f"crash: {problem!r}"
    return result["valid"], result.get("error_type")


def given_calls(_item, answer):
    """Answers are replayed under the data set's names; the client would have written underscores."""
    return [{call["name"].replace(".", "_"): call["arguments"]} for call in answer["calls"]]


def asking(handler):
    def ask(item, _answer):
        entry = add_language_specific_hint_to_function_doc([copy.deepcopy(item)])[0]
        data = handler._compile_tools(handler._pre_query_processing_FC({}, entry), entry)
        data = handler.add_first_turn_message_FC(data, entry["question"][0])
        response, _seconds = handler._query_FC(data)
        return handler._parse_query_response_FC(response)["model_responses"]

    return ask


def decode(answer):
    """The leaderboard counts what can't be read as no call."""
    try:
        return [{name: json.loads(text) for name, text in call.items()} for call in answer]
    except Exception:
        return None


def main(task, folder, model="ostro"):
    known = {
        item["id"]: item
        for path in Path(folder).glob("*.jsonl")
        for item in map(json.loads, filter(str.strip, path.read_text().splitlines()))
    }
    answer_of = asking(OpenAICompletionsHandler(model, 0, model, True)) if task == "ask" else given_calls
    asked = [json.loads(line) for line in sys.stdin]
    # The client waits for each answer; the server computes several together.
    with ThreadPoolExecutor(4 if task == "ask" else 1) as pool:
        answers = pool.map(lambda each: answer_of(known[each["id"]], each), asked)
        for each, answer in zip(asked, answers):
            decoded = decode(answer)
            right, error = judge(known[each["id"]], each["category"], decoded)
            calls = [
                {"name": name, "arguments": arguments}
                for call in (answer if decoded is not None else [])
                for name, arguments in call.items()
            ]
            print(json.dumps({"id": each["id"], "calls": calls, "right": right, "error": error}), flush=True)


main(*sys.argv[1:])
