"""On whose authority the measures are what they are, each with the day that somebody last read it."""

from datetime import date

from metrics.measure import Source

READ = date(2026, 11, 23)

DEVON_REPORT = Source("Devon County Council, report to children's scrutiny, to 31 December 2017", READ)
FRONT_DOOR_HOURS = Source("Devon Children and Families Partnership, multi-agency safeguarding hub: opening hours", READ)
ONE_WORKING_DAY = Source("Working Together to Safeguard Children: a decision within one working day of receipt", READ)
REFERRALS = Source("Department for Education, children in need: referrals and re-referrals, methodology", READ)
CHILDREN_IN_NEED = Source("Department for Education, children in need census: data guidance", READ)
CENSUS_DURATIONS = Source("Department for Education, children in need census: assessment durations", READ)
WORKING_TOGETHER = Source("Working Together to Safeguard Children: assessments within 45 working days", READ)
SECTION_47 = Source("Children Act 1989, section 47; children in need census: section 47 enquiries", READ)
CONFERENCES = Source("Working Together to Safeguard Children: conference within 15 working days; census table A2", READ)
PROTECTION_PLANS = Source("Department for Education, children in need census: children subject to a plan", READ)
LEGAL_STATUSES = Source("Department for Education, children looked-after return (SSDA903): legal statuses", READ)
STABILITY = Source("Department for Education, stability measures for children looked after, data guidance 2024", READ)
WHOLE_CARE = Source("Devon County Council, report to children's scrutiny, paragraph 5.5: stability through care", READ)
