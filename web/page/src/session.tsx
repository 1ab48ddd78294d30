// Who has signed in by the form can sign out; each answer says whether that is so.

import { at } from "./api";
import { useSyncExternalStore } from "./external";

let signedIn = false;
const listeners = new Set<() => void>();

// session learns it from an answer.
export function session(answer: Response) {
  const now = answer.headers.has("Monitorink-Session");
  if (now === signedIn) return;
  signedIn = now;
  for (const l of listeners) l();
}

const subscribe = (l: () => void) => {
  listeners.add(l);
  return () => listeners.delete(l);
};

// By fetch, which names its origin where a form of this page, whose policy is to name no
// referrer, would not.
const signOut = () => fetch(at("logout"), { method: "POST" }).catch(() => undefined).then(() => location.assign(at("login")));

export function SignOut() {
  return useSyncExternalStore(subscribe, () => signedIn) ? <button class="plain words" type="button" onClick={signOut}>Sign out</button> : null;
}
