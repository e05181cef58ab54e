// The page of one call, at an address that stays.

import { Calls } from "./calls.js";
import { dayAndSecond, get, noteLeaks, show, showProblem, zone } from "./page.js";

const contactId = decodeURIComponent(location.pathname.split("/").at(-1));

async function showCall() {
  const row = await get(`../contacts/${encodeURIComponent(contactId)}`);
  const judged = row.judged ? `Judged ${dayAndSecond(row.judged)}.` : "Not judged yet.";
  show("about", `${judged} Times are ${zone}. As of ${dayAndSecond(Date.now())}.`);
  const calls = new Calls("Contact", { filters: false });
  calls.add([row]);
  show("call", calls.element);
  calls.element.querySelector(".toggle").click();
  noteLeaks(row.group === "leaked" ? "some" : "unknown");
}

showCall().then(() => document.body.setAttribute("data-complete", ""), showProblem);
