"""Stories of placements in an SSDA903 return: RNE says what is new, REASON_PLACE_CHANGE why it ended."""

import pytest

from tests.stories.ssda903_returns import Write, of_type, reading, writer

write = pytest.fixture(writer)

RUN = {  # name: episodes; the placements that start, as day, place and same_carer; those that end, as day and reason
    "a_new_legal_status_goes_on_in_the_same_placement": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 L C1 - -",
        [("2017-06-01", "U1", None)],
        [],
    ),
    "another_carer_ends_the_placement_for_its_reason": (
        "1 01/06/2017 S V2 14/08/2017 X1 U1 PR1 CARPL\n1 14/08/2017 P V2 - - U4",
        [("2017-06-01", "U1", None), ("2017-08-14", "U4", False)],
        [("2017-08-14", "CARPL")],
    ),
    "the_reason_is_on_the_last_row_of_the_placement": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 L C1 01/10/2017 X1 U1 PR1 ALLEG\n1 01/10/2017 B C2 - - K2 PR4",
        [("2017-06-01", "U1", None), ("2017-10-01", "K2", False)],
        [("2017-10-01", "ALLEG")],
    ),
    "no_reason_no_end_the_next_placement_is_the_end": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 P V2 - - U4",
        [("2017-06-01", "U1", None), ("2017-08-14", "U4", False)],
        [],
    ),
    "the_same_carer_in_another_placement": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 T V2 01/10/2017 X1 U4\n1 01/10/2017 U C2 - - U5",
        [("2017-06-01", "U1", None), ("2017-08-14", "U4", True), ("2017-10-01", "U5", True)],
        [],
    ),
    "a_return_that_begins_in_the_middle_begins_with_a_placement": (
        "1 01/06/2016 L C2 01/06/2017 X1\n1 01/06/2017 P C2 - - U4",
        [("2016-06-01", "U1", None), ("2017-06-01", "U4", False)],
        [],
    ),
    "the_same_carer_with_nothing_before": (
        "1 01/06/2016 T C2 - -",
        [("2016-06-01", "U1", True)],
        [],
    ),
    "the_end_of_care_ends_the_placement_for_its_reason": (
        "1 01/06/2017 S V2 14/08/2017 E4A U1 PR1 OTHER",
        [("2017-06-01", "U1", None)],
        [("2017-08-14", "OTHER")],
    ),
    "a_stay_in_hospital_does_not_end_the_place_that_is_kept": (
        "1 01/06/2017 S V2 14/08/2017 X1 U1 PR1 CHILD\n1 14/08/2017 P V2 20/08/2017 X1 T1 PR0\n"
        "1 20/08/2017 P V2 - - U1 PR1",
        [("2017-06-01", "U1", None), ("2017-08-14", "T1", False), ("2017-08-20", "U1", False)],
        [],
    ),
    "where_rne_says_nothing_the_place_does": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 X V2 01/10/2017 X1\n1 01/10/2017 - V2 - - U1 PR4",
        [("2017-06-01", "U1", None), ("2017-10-01", "U1", None)],
        [],
    ),
    "a_place_that_is_not_told_ends_the_one_before": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 P V2 - - -",
        [("2017-06-01", "U1", None)],
        [("2017-08-14", None)],
    ),
}


@pytest.mark.parametrize("name", RUN)
def test_placements(write: Write, name: str) -> None:
    """Each begins where RNE says so, names its period of care, and has its own end only where that adds something."""
    episodes, starts, ends = RUN[name]
    result = reading(write(episodes))
    (care,) = {event.record for event in result.events if event.type == "care.started" and not event.retracted}
    begun = of_type(result.events, "placement.started")
    assert [(day, fields["placement"], fields.get("same_carer")) for day, fields in begun] == starts
    assert {fields["care"] for _, fields in begun} == {care}
    assert [(day, fields.get("reason")) for day, fields in of_type(result.events, "placement.ended")] == ends


def test_overlapping_periods_have_placements_of_their_own(write: Write) -> None:
    """Each names the period that its row belongs to."""
    result = reading(write("1 01/06/2017 S V2 14/08/2017 E4A\n1 01/08/2017 S C2 01/09/2017 E3 U4"))
    cares = {event.record: str(event.day) for event in result.events if event.type == "care.started"}
    assert {
        cares[fields["care"]]: fields["placement"] for _, fields in of_type(result.events, "placement.started")
    } == {
        "2017-06-01": "U1",
        "2017-08-01": "U4",
    }


@pytest.mark.parametrize(
    ("episodes", "placed", "ordered"),
    [
        ("1 01/06/2017 S E1 14/08/2017 X1\n1 14/08/2017 P E1 01/02/2018 E11 A6", ["2017-08-14"], ["2018-02-01"]),
        # The placement order comes after the placement by consent: the adopters are the same.
        ("1 01/06/2017 S V2 14/08/2017 X1 A4\n1 14/08/2017 U E1 01/02/2018 E12 A6", ["2017-06-01"], ["2018-02-01"]),
        ("1 01/06/2017 S V2 14/08/2017 X1 A4\n1 14/08/2017 P V2 - - A4", ["2017-06-01", "2017-08-14"], []),
        # A foster carer adopts: the child moved in before, and is placed for adoption from here on.
        ("1 01/06/2017 S V2 14/08/2017 X1 U4\n1 14/08/2017 T V2 - - A3", ["2017-08-14"], []),
        ("1 01/06/2017 S V2 14/08/2017 E4A U4", [], []),
        ("1 01/06/2017 S V2 - E11 A4", ["2017-06-01"], []),
    ],
)
def test_moving_in_with_adopters_and_the_order(
    write: Write, episodes: str, placed: list[str], ordered: list[str]
) -> None:
    """A placement A3 to A6 begins with new adopters; REC E11 or E12 is the court's order, on the day that care ends."""
    result = reading(write(episodes))
    assert [day for day, _ in of_type(result.events, "adoption.placed")] == placed
    assert [day for day, _ in of_type(result.events, "adoption.ordered")] == ordered
    if placed and ordered:
        assert len({e.record for e in result.events if e.type.startswith("adoption.") and not e.retracted}) == 1


AFTER_A_STAY = {  # name: URN@PL_POST before a T stay, during it, and after; whether the homes before and after are one
    "another_home": (("SC111111@EX1_1AA", "@EX2_2BB", "SC999999@PL9_9ZZ"), False),
    "the_same_home": (("SC111111@EX1_1AA", "@EX2_2BB", "SC111111@EX1_1AA"), True),
    "the_same_home_otherwise_spelt": (("SC111111@EX1_1AA", "-", "sc111111@ex11aa"), True),
    "two_homes_of_one_agency": (("SC111111@EX1_1AA", "-", "SC111111@PL9_9ZZ"), False),
    "two_homes_at_one_postcode": (("SC111111@EX1_1AA", "-", "SC999999@EX1_1AA"), False),
    "the_postcodes_alone_tell": (("@EX1_1AA", "-", "@PL9_9ZZ"), False),
    "the_registrations_alone_tell": (("SC111111", "-", "SC999999"), False),
    "one_lacks_its_registration": (("SC111111@EX1_1AA", "-", "@EX1_1AA"), True),
    "one_lacks_its_registration_and_the_postcodes_tell": (("SC111111@EX1_1AA", "-", "XXXXXXX@PL9_9ZZ"), False),
    "one_lacks_its_postcode": (("SC111111@EX1_1AA", "-", "SC111111@ZZ99_9ZZ"), True),
    "neither_tells_what_the_other_does": (("SC111111", "-", "@EX1_1AA"), None),
    "neither_tells_anything": (("-", "-", "-"), None),
}


@pytest.mark.parametrize("name", AFTER_A_STAY)
def test_a_placement_names_its_home(write: Write, name: str) -> None:
    """By registration and postcode, both keyed; what not every home tells is left out of all; None where nothing is."""
    (before, during, after), same = AFTER_A_STAY[name]
    rows = (
        f"1 01/05/2017 S C2 10/08/2017 X1 U4 PR1 - {before}",
        f"1 10/08/2017 P C2 20/08/2017 X1 T3 PR1 - {during}",
        f"1 20/08/2017 P C2 - - U4 PR1 - {after}",
    )
    result = reading(write("\n".join(rows)))
    first, _, last = (fields.get("home") for _, fields in of_type(result.events, "placement.started"))
    assert (None if first is None and last is None else first == last) is same
    assert first is None or (len(first) == 32 and "111111" not in first)


def test_only_the_homes_around_a_stay_must_tell_the_same(write: Write) -> None:
    """A placement with parents earlier on, without registration and postcode, takes nothing from the others."""
    result = reading(
        write("""
            1 01/04/2017 S V2 01/05/2017 X1 P1 PR0 - -
            1 01/05/2017 P V2 10/08/2017 X1 U4 PR1 - SC1@EX1_1AA
            1 10/08/2017 P V2 20/08/2017 X1 T3 PR1 - -
            1 20/08/2017 P V2 30/08/2017 X1 U4 PR1 - SC2@PL9_9ZZ
            1 30/08/2017 P V2 10/09/2017 X1 T1 PR0 - -
            1 10/09/2017 P V2 01/10/2017 X1 U4 PR1 - SC2@PL9_9ZZ
            1 01/10/2017 P V2 - - K2 PR4 - SC2
        """)
    )
    homes = [fields.get("home") for _, fields in of_type(result.events, "placement.started")]
    told = [
        "" if home is None else "abc"[sorted(set(filter(None, homes)), key=homes.index).index(home)] for home in homes
    ]
    assert told == ["", "a", "", "b", "", "b", "c"]


def test_the_home_of_a_placement_is_that_of_its_first_row(write: Write) -> None:
    """A new legal status alone is no move, whatever stands beside it; another period has homes of its own."""
    result = reading(
        write("""
            1 01/05/2017 S V2 10/08/2017 X1 U4 PR1 - SC1@EX1_1AA
            1 10/08/2017 L C2 01/09/2017 E4A U4 PR1 - SC2@EX1_1AA
            1 01/10/2017 S C2 - - U4 PR1 - @EX1_1AA
        """)
    )
    homes = [fields["home"] for _, fields in of_type(result.events, "placement.started")]
    assert len(homes) == len(set(homes)) == 2
