// What each kind of error, and each reason of a gap, means, in a sentence or two. The
// source is docs/errors.md; a test holds the two to the same kinds.

const kinds = new Map(Object.entries({
  dns: "The name has no address, or its resolver gave no answer that is one. Does the name exist, and can the prober's resolver find it?",
  refused: "The machine answered that nobody listens at the port. Is the service running, and at that address?",
  unreachable: "No way leads to the address: no route, no network, or no IPv6 on the prober's machine.",
  reset: "The other end ended the connection before the answer was whole. The log of the service, or of the proxy before it, knows why.",
  timeout: "The monitor's timeout was over. The phase says what was waited for.",
  tls_handshake: "TLS failed, but not for the certificate: no version or cipher in common, a client certificate that was demanded, or something else than TLS on the port.",
  cert_expired: "A certificate of the chain has ended, by the clock of the prober. It may be one between the server's own and the root.",
  cert_not_yet_valid: "A certificate of the chain has not begun, by the clock of the prober.",
  cert_host: "The certificate is for other names. Which ones, the message says.",
  cert_authority: "The chain of certificates leads to nobody who is trusted: an authority of one's own, a self-signed certificate, or a chain whose middle the server does not send.",
  protocol: "What came is not HTTP, or breaks its rules so that it cannot be told what was meant. Often it is another service on the port.",
  body_cut: "The body ended before its end, or does not decompress. The status was fine; what came was not whole.",
  body_too_large: "An expectation needs a body of more than 1 MiB. Point the monitor at something smaller.",
  redirects: "There were more redirects than allowed, often in a circle, or one that leads nowhere or to where it must not.",
  expectation: "An answer came, but not the one that was expected. The expectations below say what was seen.",
  blocked: "The prober's network policy forbids the address. Nothing was sent there.",
  auth: "No token was to be had from the OAuth2 endpoint. The target was not asked, and nothing is known about it.",
  proxy: "The proxy was not reached, or has not reached the target. Nothing is known about the target.",
  internal: "Monitorink's own fault, or a lack on its machine: the target is not to blame.",
}));

const waits = new Map(Object.entries({
  dns: "It was the resolver that was waited for.",
  connect: "Nobody answered the connection: a firewall that drops, a machine that is gone, or a full backlog.",
  tls: "The TLS greeting was waited for.",
  request: "Nobody took the request.",
  first_byte: "The answer was waited for, and so the service itself.",
  transfer: "The answer had begun; the rest of it was waited for.",
}));

export const explainedKinds = () => [...kinds.keys()];

// explain is what a kind of error means; one that is not known is told as such.
export function explain(kind: string, phase = ""): string {
  if (kind === "timeout" && waits.has(phase)) return "The monitor's timeout was over. " + waits.get(phase);
  return kinds.get(kind) ?? "This page does not know this kind of error: it is older than what measured.";
}

const reasons = new Map(Object.entries({
  overload: "the prober had too much to do",
  overlap: "the probe before still ran",
  stopped: "the prober was not running",
  clock: "the prober's clock jumped",
  paused: "the monitor was paused",
}));

// because says why slots were not measured.
export const because = (reason: string) => reasons.get(reason) ?? reason;

// words is a name of the API as text: first_byte is "first byte".
export const words = (name: string) => name.replaceAll("_", " ");
