"""The command `casepulse`: its verbs by name, and what a person is told where one of them fails."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, NamedTuple

import click

from deploy.configuration.variables import CONFIG
from deploy.terminal import screened
from metrics.wrong_setting import WrongSetting

FAILED, REFUSED = 1, 3
PRIVATE = 0o077  # what group and everybody else may not do with a new file


class Verb(NamedTuple):
    """A verb that is imported only when it is asked for: most of them need a client of Kafka or of the store."""

    place: str  # module and name of the click command
    help: str  # its own first sentence


VERBS: Mapping[str, Verb] = {
    "dead-letters": Verb(
        "deploy.verbs.dead_letters:dead_letters", "List the records that could not be read: by reason and coordinate."
    ),
    "doctor": Verb(
        "deploy.verbs.doctor:doctor", "Say what is wrong with this installation: one line and one remedy each."
    ),
    "figures": Verb("deploy.verbs.figures:figures", "Show figures: of every MEASURE, or of those named."),
    "load": Verb("deploy.verbs.load:load", "Read files of events, or returns, turn them into events, and send them."),
    "measures": Verb(
        "deploy.verbs.measures:measures", "List every measure: what is counted, out of what, over which window."
    ),
    "replay": Verb(
        "deploy.verbs.replay:replay",
        "Make every figure afresh: forget what is kept of the log, so that workers read it again from its beginning.",
    ),
    "schema": Verb("deploy.verbs.schema:schema", "Print the JSON Schema of every event."),
    "scrape": Verb(
        "deploy.verbs.scrape:scrape", "Print a configuration for Prometheus that scrapes a server and its workers."
    ),
    "serve": Verb(
        "deploy.verbs.run:serve", "Serve boards, the API, the live stream and /metrics, from what the store holds."
    ),
    "settings": Verb("deploy.verbs.settings:settings", "List every setting: its value, who set it, what it means."),
    "simulate": Verb(
        "deploy.verbs.simulate:simulate", "Make an authority up, and send its events, or write them to a file."
    ),
    "up": Verb("deploy.verbs.up:up", "Bring everything up on this machine, and keep it up until Ctrl-C."),
    "worker": Verb(
        "deploy.verbs.run:worker", "Read events from Kafka, fold them, and commit what changes to the store."
    ),
}
HIDDEN_VERBS: Mapping[str, Verb] = {"publish": Verb("deploy.verbs.run:publish", "")}  # a worker starts it


class Fault(click.ClickException):
    """One line that says what is wrong and what to do."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = code


class Verbs(click.Group):
    """Imports a verb when it is called, and says in one line what a person can do about its failure."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = VERBS.get(cmd_name) or HIDDEN_VERBS.get(cmd_name)
        return None if verb is None else resolve_name(verb.place)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        with screened():
            return super().main(*args, **kwargs)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, verb, rest = super().resolve_command(ctx, args)
        if verb is not None:
            _refuse_repeated(verb, click.Context(verb, ctx, name), rest)
        return name, verb, rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # whoever reads our output has seen enough
            sys.stdout = None
            raise SystemExit(FAILED) from None
        except WrongSetting as exc:
            raise Fault(str(exc), REFUSED) from exc
        except Exception as exc:
            if (fault := _fault(exc)) is None:
                raise
            raise fault from exc


def _refuse_repeated(verb: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Refuse an option that is given twice and has one value: the last would silently stand. Raises UsageError."""
    _, _, given = verb.make_parser(ctx).parse_args(list(args))
    for option in dict.fromkeys(given):
        has_one_value = isinstance(option, click.Option) and not (option.multiple or option.count or option.is_flag)
        if has_one_value and (times := given.count(option)) > 1:
            raise click.UsageError(f"{option.opts[-1]} is given {times} times: give it once", ctx)


def _fault(exc: Exception) -> Fault | None:
    """Return what a person can do about *exc*; None where it is a bug of ours."""
    # Imported once something has failed: both clients take half a second, which no verb that needs neither should wait.
    from kafka.errors import KafkaError

    from deploy.configuration.settings import read_settings
    from metrics.store.connection import STORE_ERRORS
    from metrics.store.position import Refused

    if isinstance(exc, Refused):
        return Fault(str(exc), REFUSED)
    if isinstance(exc, KafkaError):
        return _silent("Kafka", read_settings().kafka, "CASEPULSE_KAFKA", exc)
    if isinstance(exc, STORE_ERRORS):
        return _silent("the store", read_settings().redis, "CASEPULSE_REDIS", exc)
    return None


def _silent(what: str, where: object, variable: str, exc: Exception) -> Fault:
    return Fault(
        f"{what} does not answer at {where} ({type(exc).__name__}): start everything with `casepulse up` "
        f"(in this folder: `make up`), or set {variable} to where it is; `casepulse doctor` says more"
    )


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="casepulse")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar=CONFIG,
    help="A .toml file with settings; a variable of the environment counts more. `casepulse settings` lists them.",
)
def main(config: Path | None) -> None:
    """Live performance figures for children's social care.

    Start with `casepulse up`: it brings Kafka, Valkey, a worker, a server and a made-up authority to this machine,
    and says where to look. `casepulse figures --from FILE` needs none of them.

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused to run because it would not be safe.
    """
    os.umask(PRIVATE)  # whatever is written, by us or by what we start, is for this user alone, from its first byte
    if config:
        os.environ[CONFIG] = str(config.absolute())  # for the processes that a verb starts, too


if __name__ == "__main__":
    sys.exit(main())
