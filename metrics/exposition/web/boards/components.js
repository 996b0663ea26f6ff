/* Every component that a tile may name. Each says which figures it asks for, builds its markup once and paints its
 * slots: the text, mark and tone of each. A class name is what board.css knows the component by. */

import { count_due } from "./count_due.js";
import { count_past } from "./count_past.js";
import { count_with_arrivals } from "./count_with_arrivals.js";
import { longest_wait } from "./longest_wait.js";
import { share_of_day } from "./share_of_day.js";
import { share_with_undecided } from "./share_with_undecided.js";
import { strip_of_days } from "./strip_of_days.js";
import { waiting } from "./waiting.js";

export const COMPONENTS = {
  count_due, count_past, count_with_arrivals, longest_wait, share_of_day, share_with_undecided, strip_of_days, waiting,
};
