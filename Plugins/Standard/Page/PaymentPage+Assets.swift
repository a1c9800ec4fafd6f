extension PaymentPage {
    static let style = """
        :root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fafafa; --line: #c9c9d1; --strong: #1d4ed8; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #ececf1; --paper: #17171b; --line: #45454f; --strong: #93b4ff; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 1.05rem/1.5 system-ui, sans-serif; }
        main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
        h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
        p { margin: 0 0 1rem; overflow-wrap: anywhere; }
        svg { display: block; width: 100%; max-width: 26rem; height: auto; margin: 0 auto 1rem; border-radius: .5rem; }
        .actions { display: flex; flex-wrap: wrap; gap: .5rem; }
        .button, button { flex: 1 1 12rem; padding: .7rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
          background: transparent; color: inherit; font: inherit; text-align: center; text-decoration: none;
          cursor: pointer; }
        .button { background: var(--strong); border-color: var(--strong); color: var(--paper); }
        [hidden] { display: none; }
        h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
        progress { width: 100%; height: 1rem; accent-color: var(--strong); }
        :focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
        #status, #work-status:not(:empty) { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }
        label { display: block; margin-bottom: .25rem; }
        textarea { width: 100%; padding: .5rem; border: 1px solid var(--line); border-radius: .5rem;
          background: transparent; color: inherit; font: .8rem/1.4 ui-monospace, monospace; resize: vertical; }
        """

    /// Waits for the event that the payment has arrived, claims the cookie that opens the page, and loads it again.
    static let script = """
        (() => {
          "use strict";
          const { key, path } = document.body.dataset;
          const element = (id) => document.getElementById(id);
          const invoice = element("invoice");
          const say = (text) => { element("status").textContent = text; };
          const until = element("until");
          until.textContent = new Date(Number(until.dataset.seconds) * 1000).toLocaleTimeString();

          element("copy").addEventListener("click", async () => {
            try {
              await navigator.clipboard.writeText(invoice.value);
            } catch {
              invoice.select();
              document.execCommand("copy");
            }
            element("copy").textContent = "Copied";
          });

          // Not of the id "webln": elements with an id are properties of the window.
          const wallet = element("wallet");
          const offerWallet = () => { wallet.hidden = !window.webln; };
          offerWallet();
          window.addEventListener("webln:ready", offerWallet);
          wallet.addEventListener("click", async () => {
            try {
              await window.webln.enable();
              await window.webln.sendPayment(invoice.value);
              say("Paid. Waiting for the payment to arrive.");
            } catch (error) {
              say("The wallet did not pay: " + (error && error.message || "it gave no reason"));
            }
          });

          const post = (accept) => fetch(path, {
            method: "POST", body: key, cache: "no-store", headers: { "Accept": accept, "Content-Type": "text/plain" },
          });
          const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

          const event = async () => {
            const response = await post("text/event-stream");
            if (!response.ok) throw new Error(String(response.status));
            const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
            let text = "";
            for (;;) {
              const { done, value } = await reader.read();
              if (done) return null;
              text += value;
              const found = text.match(/^event: (\\w+)$/m);
              if (found) return found[1];
              text = text.slice(-64);
            }
          };

          const watch = async () => {
            for (;;) {
              // The network may be away, or as many pages wait as there may be: then it claims without having heard.
              const name = await event().catch(() => null);
              if (name === "expired") {
                say("The invoice has expired. Load the page again for a new one, unless you have paid already.");
                return;
              }
              const claim = await post("application/json").catch(() => null);
              if (claim && claim.ok) {
                say("Paid. Opening the page.");
                location.reload();
                return;
              }
              await pause(3);
            }
          };
          if (key) watch();
        })();
        """
}
