"""The verb that looks for what is wrong with the installation."""

import json
import logging
from dataclasses import asdict

import click

from deploy import doctor as surgery


@click.command()
@click.option(
    "--cases", is_flag=True, help="Look into every case too: do some tellings of a fact lack a revision? Takes longer."
)
@click.option("--json", "as_json", is_flag=True, help="One object a finding: level, what, remedy.")
def doctor(cases: bool, as_json: bool) -> None:
    """Say what is wrong with this installation: one line and one remedy each. Changes nothing.

    Looks at Kafka and its topics, the store, where the store stands in the log, feeds, teams, the calendar, files and
    their modes. Never names a child. Exit codes: 1 where anything is wrong, 0 where there is nothing, or
    only what is worth knowing.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what matters of it we say ourselves
    findings = surgery.examine(with_cases=cases)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            click.echo(str(finding))
        click.echo(f"{', '.join(surgery.counted(findings)) or 'nothing is wrong'}.")
    if any(finding.level is surgery.Level.WRONG for finding in findings):
        raise SystemExit(1)
