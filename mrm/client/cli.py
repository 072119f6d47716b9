"""The ``mrm`` command. Exit status of every command: 0 done or allowed, 1 denied, 2 usage, 3 could not decide."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from mrm.client import calls
from mrm.client.answers import Permission
from mrm.client.conditions import StatedUse
from mrm.client.doctor import examine
from mrm.client.errors import MrmApiError
from mrm.client.permit import verify_permit

DONE = ALLOWED = 0
DENIED = 1
UNDECIDED = 3
ANSWERS = {ALLOWED: "allowed", DENIED: "denied", UNDECIDED: "cannot_decide"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; argparse leaves with 2 when it is used wrongly."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.act(options))
    except MrmApiError as error:
        sys.stderr.write(f"{error}\n")
        return UNDECIDED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mrm",
        description="Register models, and ask whether they may be used.",
        epilog="Reads MRM_URL and MRM_TOKEN (or the file that MRM_TOKEN_FILE names).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("register", help="register a model version that MLflow holds")
    command.add_argument("uri", help="models:/NAME/NUMBER")
    command.add_argument("--use-case", action="append", required=True, metavar="KEY", dest="use_cases")
    command.add_argument("--detail", action="append", default=[], type=_pair, metavar="NAME=VALUE")
    command.add_argument("--wait", action="store_true", help="wait until its validations have ended")
    command.set_defaults(act=_register)
    command = commands.add_parser("gate", help="exit 0 allowed, 1 denied, 2 usage, 3 cannot decide")
    command.add_argument("uri", help="models:/NAME/NUMBER")
    command.add_argument("--use-case", required=True, metavar="KEY")
    command.add_argument("--json", action="store_true", help="print the answer as JSON")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="write the answer as JSON, whatever it is"
    )
    command.add_argument(
        "--on",
        type=_day,
        metavar="DATE",
        help="ask about another day; a day ahead is projected, not recorded",
    )
    _add_use(command)
    command.set_defaults(act=_gate)
    command = commands.add_parser(
        "explain", help="print rules, citations and the smallest changes that flip it"
    )
    command.add_argument("uri", help="models:/NAME/NUMBER")
    command.add_argument("--use-case", required=True, metavar="KEY")
    command.add_argument("--json", action="store_true", help="print the decision as JSON")
    command.set_defaults(act=_explain)
    command = commands.add_parser("permission", help="print the permissions as they stand")
    command.add_argument("uri", help="models:/NAME/NUMBER")
    command.set_defaults(act=_permission)
    _add_validations(commands)
    command = commands.add_parser("whoami", help="say for whom the token speaks")
    command.set_defaults(act=_whoami)
    command = commands.add_parser("verify-permit", help="check a permit offline")
    command.add_argument("file", type=Path, help="the JSON that 'mrm gate --output' wrote, or a permit")
    command.add_argument("--key", type=Path, required=True, metavar="PEM", help="the registry's public key")
    _add_use(command)
    command.set_defaults(act=_verify_permit)
    command = commands.add_parser("doctor", help="examine configuration and connection")
    command.set_defaults(act=_doctor)
    return parser


def _add_validations(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "reperform", help="repeat a validation; exit 0 the same numbers, 1 other ones, 3 cannot tell"
    )
    command.add_argument("validation", help="the identifier of a completed validation")
    command.add_argument("--json", action="store_true", help="print the comparison as JSON")
    command.set_defaults(act=_reperform)
    command = commands.add_parser(
        "submit-predictions", help="send scores and outcomes of a model whose artefact cannot be run"
    )
    command.add_argument("uri", help="models:/NAME/NUMBER")
    command.add_argument("file", type=Path, help="CSV with a header, or Parquet")
    command.add_argument("--use-case", required=True, metavar="KEY")
    command.add_argument(
        "--column", action="append", default=[], type=_pair, metavar="MEANING=NAME",
        help="for example score=pd_12m; meanings: score, outcome, sample, segment, vintage, score_before",
    )  # fmt: skip
    command.set_defaults(act=_submit_predictions)


def _add_use(command: argparse.ArgumentParser) -> None:
    """Let the caller state the use that the conditions of the permit limit."""
    group = command.add_argument_group("the use", "held against the conditions of the permit")
    group.add_argument("--exposure-eur", default="", metavar="AMOUNT", help="for example 1000000.00")
    group.add_argument("--segment", default="", metavar="NAME")
    group.add_argument("--overlay", action="append", default=[], metavar="NAME", dest="overlays")
    group.add_argument("--review-rate", default="", metavar="SHARE", help="share that a person reviews")
    group.add_argument(
        "--share-of-benchmark", default="", metavar="SHARE", help="risk-weighted assets as they are counted"
    )


def _use(options: argparse.Namespace) -> StatedUse:
    return StatedUse(
        exposure_eur=options.exposure_eur,
        segment=options.segment,
        overlays=tuple(options.overlays),
        review_rate=options.review_rate,
        share_of_benchmark=options.share_of_benchmark,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2027-01-01") from None


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _register(options: argparse.Namespace) -> int:
    connection = calls.connect()
    registration = calls.register(
        options.uri, use_cases=options.use_cases, connection=connection, **dict(options.detail)
    )
    _say(str(registration))
    if options.wait:
        _say(str(calls.wait(registration, connection=connection)))
    return DONE


def _gate(options: argparse.Namespace) -> int:
    status, document, text = _ask(options.uri, options.use_case, use=_use(options), on=options.on)
    if options.output is not None:
        try:
            options.output.write_text(_json(document), encoding="utf-8")
        except OSError as error:
            sys.stderr.write(f"CLI020 {options.output} cannot be written: {error.strerror}\n")
            status = UNDECIDED
    _say(_json(document).rstrip("\n") if options.json else text)
    return status


def _ask(uri: str, use_case: str, *, use: StatedUse, on: date | None) -> tuple[int, dict[str, object], str]:
    """Return exit status, JSON document and sentence of an answer; an error is an answer: it cannot be decided."""
    try:
        if on is None:
            answer = calls.gate(uri, use_case, **vars(use))
        else:
            answer = calls.permission_on(uri, use_case, on, use=use)
    except MrmApiError as error:
        document: dict[str, object] = {
            "mlflow_uri": uri,
            "use_case": use_case,
            "sentence": f"{uri} for {use_case} cannot be decided: {error}",
            "error": {"code": error.code, "message": error.message, "remedy": error.remedy},
            "correlation_id": error.correlation_id,
        }
        return UNDECIDED, _judged(document, UNDECIDED), str(document["sentence"])
    status = _status(answer)
    return status, _judged(answer.document, status), _text(answer)


def _status(answer: Permission) -> int:
    if answer.is_allowed:
        return ALLOWED
    return DENIED if answer.is_denied else UNDECIDED


def _judged(document: Mapping[str, object], status: int) -> dict[str, object]:
    return {"answer": ANSWERS[status], "exit_status": status, **document}


def _text(answer: Permission) -> str:
    limits = [str(item) for item in answer.checks] or answer.conditions
    lines = [answer.sentence, *(f"- {text}" for text in limits), answer.url]
    return "\n".join(lines)


def _explain(options: argparse.Namespace) -> int:
    found = calls.explain(options.uri, options.use_case)
    _say(_json(found.document).rstrip("\n") if options.json else str(found))
    return DONE


def _permission(options: argparse.Namespace) -> int:
    _say(str(calls.permission(options.uri)))
    return DONE


def _reperform(options: argparse.Namespace) -> int:
    found = calls.reperform(options.validation)
    _say(_json(found.document).rstrip("\n") if options.json else str(found))
    if found.is_same:
        return DONE
    return DENIED if found.is_other else UNDECIDED


def _submit_predictions(options: argparse.Namespace) -> int:
    columns = dict(options.column)
    _say(str(calls.submit_predictions(options.uri, options.use_case, options.file, columns=columns)))
    return DONE


def _whoami(_options: argparse.Namespace) -> int:
    who = calls.connect().get("whoami")
    roles = ", ".join(f"{grant['role']} for {grant['entity'] or 'every entity'}" for grant in who["grants"])
    _say(f"{who['name']} ({who['username']})\nroles: {roles or 'none'}\nscopes: {', '.join(who['scopes'])}")
    return DONE


def _verify_permit(options: argparse.Namespace) -> int:
    verdict = verify_permit(file=options.file, key=options.key, use=_use(options))
    _say("\n".join([verdict.sentence, *(f"- {item.status}: {item.text}" for item in verdict.checks)]))
    if not verdict.is_decided:
        return UNDECIDED
    return ALLOWED if verdict.is_valid else DENIED


def _doctor(_options: argparse.Namespace) -> int:
    findings = examine()
    for finding in findings:
        _say(f"{'ok  ' if finding.is_good else 'FAIL'} {finding.text}")
    return DONE if all(finding.is_good for finding in findings) else UNDECIDED


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
