"""What can happen: every event type, in the field's words (contract 2)."""

from events import care, feed, front_door, leaving_care, need, person, protection, workforce

EVENTS = (
    *person.EVENTS,
    *feed.EVENTS,
    *front_door.EVENTS,
    *need.EVENTS,
    *protection.EVENTS,
    *care.EVENTS,
    *leaving_care.EVENTS,
    *workforce.EVENTS,
)
