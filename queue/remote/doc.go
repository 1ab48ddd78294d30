// Package remote carries a queue's one subscription over HTTP, so that heartbeat
// and collector can be two processes with nothing between them.
//
// [Server] stands on heartbeat's listener, over any queue that can be subscribed
// to; [Subscription] is the collector's end, and a queue.Subscription like any
// other. What the server has handed out and was not told the end of is handed
// out again: when the subscriber closes, when nothing was heard of it for the
// length of a lease, or when either process was killed. A subscriber whose
// connection breaks while it polls has a second to come back, so that a collector
// that was killed and started again need not wait for the lease.
//
// The form, with a bearer token when one is set, and JSON but for messages:
//
//	POST   /queue/sessions {"subscriber":"…"}                201 {"session":"…","lease_ms":10000}
//	GET    /queue/sessions/{id}/messages?after=&max=&wait=   200 messages · 204 none came
//	POST   /queue/sessions/{id}/settlements {"accepted":[1,2],"undecided":[],"refused":[{"serial":3,"reason":"…"}]}   204
//	DELETE /queue/sessions/{id}                              204
//
// 401: the token is wrong · 409: another subscriber is alive · 410: the session
// has ended, open another · 503: there is no queue now. A message is its serial
// number within the session, then key, kind and value, each after its length;
// numbers are unsigned varints. after is the newest serial that has arrived: what
// a broken connection swallowed is sent again, and a request may be repeated at
// will. Late settlements of a session that has ended do nothing.
//
// It is not a broker: there is one subscriber, and no message outlives what the
// queue below keeps.
package remote
