// The shell: the header, the banner, and the page that the address names.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import "./theme.css";
import "./app.css";
import "./overview.css";
import "./monitor.css";
import { follow, useQuery } from "./router";
import { choose, theme } from "./theme";
import { Banner, Pulse } from "./banner";
import { Help } from "./help";
import { look } from "./live";
import { SignOut } from "./session";
import { Overview } from "./overview";
import { Monitor } from "./monitor";
import { Detail } from "./detail";

function App() {
  const query = useQuery();
  useEffect(() => {
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
  }, []);
  const [help, setHelp] = useState(false);
  const monitor = query.get("monitor") ?? undefined;
  useEffect(() => look(monitor), [monitor]);
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.key !== "?" || e.defaultPrevented || /^(input|select|textarea)$/i.test((e.target as Element).tagName)) return;
      e.preventDefault();
      setHelp((open) => !open);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return <>
    <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
    <header>
      <a class="brand" href="./">Monitorink</a>
      <span class="grow" />
      <SignOut />
      <Pulse />
      <button class="plain" type="button" title="Keys and signs (?)" aria-label="Keys and signs" aria-keyshortcuts="?" onClick={() => setHelp(true)}>?</button>
      <ThemeButton />
    </header>
    <Banner />
    <div id="main" tabIndex={-1}><Page query={query} /></div>
    <Help open={help} onClose={() => setHelp(false)} />
  </>;
}

function Page({ query }: { query: URLSearchParams }) {
  const id = query.get("monitor"), at = query.get("at");
  if (id === null) return <Overview />;
  if (at === null) return <Monitor key={id} id={id} />;
  return <Detail id={id} at={at} location={query.get("location") ?? ""} />;
}

function skip(e: Event) {
  e.preventDefault();
  document.getElementById("main")?.focus();
}

function ThemeButton() {
  const [now, setNow] = useState(theme());
  useEffect(() => {
    const changed = () => setNow(document.documentElement.dataset.theme === "dark" ? "dark" : "light");
    addEventListener("theme", changed);
    return () => removeEventListener("theme", changed);
  }, []);
  const other = now === "dark" ? "light" : "dark";
  return <button class="plain" type="button" title={`Use the ${other} theme`} aria-label={`Use the ${other} theme`} onClick={() => choose(other)}>
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" /><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" /></svg>
  </button>;
}

render(<App />, document.getElementById("app")!);
