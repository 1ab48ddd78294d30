// A stream that the test feeds in place of the page's: what is in it is told at once.

export const feed = `{
  window.streams = [];
  window.EventSource = class extends EventTarget {
    static OPEN = 1; static CLOSED = 2; readyState = 1;
    constructor(url) { super(); this.url = String(url); streams.push(this); setTimeout(() => this.dispatchEvent(new Event("open"))); }
    close() { this.readyState = 2; }
  };
  window.tell = (name, data, id) => streams.at(-1).dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId: id }));
}`;
