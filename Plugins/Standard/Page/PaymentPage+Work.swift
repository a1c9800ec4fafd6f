internal import GatewayKit

extension PaymentPage {
    /// The part of the page that works for its answer. It begins when somebody asks it to: work costs power.
    static func section(for work: PageWork, besidesPaying: Bool) -> String {
        """
        <section aria-labelledby="work-title" id="work" data-challenge="\(escaped(work.challenge))" \
        data-bits="\(work.bits)" data-cookie="\(escaped(work.cookie))" data-seconds="\(work.lifetime)">
        <h2 id="work-title">\(besidesPaying ? "Or let this browser work for it" : "Let this browser work for it")</h2>
        <p>That costs nothing but about \(1 << work.bits) steps of computing, and buys one answer.</p>
        <p class="actions"><button id="work-start" type="button">Start working</button></p>
        <progress id="work-progress" max="1" value="0" aria-label="Work done" hidden></progress>
        <p id="work-status" role="status" aria-live="polite"></p>
        </section>
        """
    }

    /// Looks for an answer whose hash begins with enough zero bits, in slices between which the page lives, presents it in
    /// a cookie, and loads the page again.
    ///
    /// SHA-256 (FIPS 180-4 §6.2) is its own: that of the browser answers later each time, which takes far longer than the
    /// hash, and is not there over plain HTTP. The answer begins with zeros up to the end of a block, so that the blocks
    /// before are hashed once, and ends with twelve digits, which the last block holds alone.
    static let workScript = """
        (() => {
          "use strict";
          const element = (id) => document.getElementById(id);
          const { challenge, bits, cookie, seconds } = element("work").dataset;
          const start = element("work-start");
          const progress = element("work-progress");
          const say = (text) => { element("work-status").textContent = text; };

          // The first bits of the fractional parts of the roots of the first primes.
          const primes = [];
          for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
          const fraction = (root) => (root - Math.floor(root)) * 2 ** 32 | 0;
          const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
          const initial = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

          const words = new Int32Array(64);
          const compress = (state, output) => {
            for (let i = 16; i < 64; i++) {
              const x = words[i - 15], y = words[i - 2];
              words[i] = words[i - 16] + words[i - 7]
                + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
                + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) | 0;
            }
            let [a, b, c, d, e, f, g, h] = state;
            for (let i = 0; i < 64; i++) {
              const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7))
                + (e & f ^ ~e & g) + constants[i] + words[i] | 0;
              const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10))
                + (a & b ^ a & c ^ b & c) | 0;
              h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
            }
            output[0] = state[0] + a; output[1] = state[1] + b; output[2] = state[2] + c; output[3] = state[3] + d;
            output[4] = state[4] + e; output[5] = state[5] + f; output[6] = state[6] + g; output[7] = state[7] + h;
          };

          const prefix = challenge + ".";
          const filler = "0".repeat((64 - prefix.length % 64) % 64);
          const head = new TextEncoder().encode(prefix + filler);
          const state = Int32Array.from(initial);
          const view = new DataView(head.buffer);
          for (let block = 0; block < head.length; block += 64) {
            for (let i = 0; i < 16; i++) words[i] = view.getInt32(block + 4 * i);
            compress(state, state);
          }

          // Four digits as the word that holds their bytes.
          const digits = Int32Array.from({ length: 10000 }, (_, number) =>
            [1000, 100, 10, 1].reduce((word, unit) => word << 8 | 48 + Math.floor(number / unit) % 10, 0));
          const result = new Int32Array(8);
          let count = 0;

          // The answer when it is among the next thousand.
          const search = () => {
            for (const end = count + 1000; count < end; count++) {
              words.fill(0, 3, 15);
              words[0] = digits[Math.floor(count / 1e8) % 10000];
              words[1] = digits[Math.floor(count / 1e4) % 10000];
              words[2] = digits[count % 10000];
              words[3] = 1 << 31;
              words[15] = 8 * (head.length + 12);
              compress(state, result);
              if (result[0] >>> 32 - bits === 0) return filler + String(count).padStart(12, "0");
            }
            return null;
          };

          const present = (answer) => {
            const secure = location.protocol === "https:" ? "; Secure" : "";
            const pair = cookie + "=" + prefix + answer;
            document.cookie = pair + "; Path=/; SameSite=Lax; Max-Age=" + seconds + secure;
            if (!document.cookie.includes(pair)) {
              say("The work is done, but this browser keeps no cookies, which it would have to be shown in.");
              return;
            }
            say("Done. Opening the page.");
            location.reload();
          };

          const end = performance.now() + 1000 * seconds;
          const channel = new MessageChannel();
          let isWorking = false;
          let isPosted = false;
          let told = Infinity;
          const stop = (text) => {
            isWorking = false;
            start.textContent = "Start working";
            say(text);
          };
          const goOn = () => {
            if (!isPosted) channel.port2.postMessage(null);
            isPosted = true;
          };
          // A message to itself comes back after what the page has to do, and also when nobody looks at it.
          channel.port1.onmessage = () => {
            isPosted = false;
            if (!isWorking) return;
            if (performance.now() > end) {
              start.hidden = true;
              stop("The offer has ended. Load the page again for a new one.");
              return;
            }
            for (const pause = performance.now() + 15; performance.now() < pause;) {
              const answer = search();
              if (answer === null) continue;
              isWorking = false;
              progress.value = 1;
              start.hidden = true;
              present(answer);
              return;
            }
            // How likely it was to be done by now.
            progress.value = 1 - Math.exp(-count / 2 ** bits);
            if (performance.now() > told) {
              told = Infinity;
              say("Working: on this machine it takes about " + Math.ceil(2 ** bits / count) + " seconds.");
            }
            goOn();
          };
          start.addEventListener("click", () => {
            if (isWorking) {
              stop("Stopped.");
              return;
            }
            isWorking = true;
            progress.hidden = false;
            start.textContent = "Stop working";
            say("Working.");
            if (count === 0) told = performance.now() + 1000;
            goOn();
          });
        })();
        """
}
