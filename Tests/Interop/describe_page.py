"""Opens a payment page in chromium and prints what the browser tells assistive technology about it.

Arguments: the page's URL, `light` or `dark`, and a folder for the browser's profile.
"""

import asyncio
import json
import sys

from browser import call, page, until, value

NAMED = {"heading", "image", "link", "button", "textbox", "progressbar"}

# The ids, or the texts of those that have none, in the order in which the key Tab reaches them.
ORDER = """[...document.querySelectorAll('a[href], button, textarea, input, select, [tabindex]')]
  .filter((element) => element.tabIndex >= 0 && element.offsetParent !== null)
  .map((element) => element.id || element.textContent)"""

# WCAG 2.2, "relative luminance" and "contrast ratio".
CONTRASTS = """(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => parts(color).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let place = element; place; place = place.parentElement) {
      const color = getComputedStyle(place).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  return ['h1', '.button', '#copy', '#status', '#invoice', '#work-start', 'label'].map((selector) => {
    const element = document.querySelector(selector);
    const [low, high] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
})()"""


async def main(url, scheme, profile):
    async with page(url, profile) as socket:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await call(socket, "Emulation.setEmulatedMedia", features=features)
        await until(lambda: value(socket, "document.readyState === 'complete' && !!document.getElementById('work')"))
        tree = await call(socket, "Accessibility.getFullAXTree")
        nodes = [
            [node["role"]["value"], node.get("name", {}).get("value", "").strip()]
            for node in tree["nodes"]
            if not node.get("ignored") and node["role"]["value"] in NAMED
        ]
        order = await value(socket, ORDER)
        contrasts = await value(socket, CONTRASTS)
        language = await value(socket, "document.documentElement.lang")
        title = await value(socket, "document.title")
        await call(
            socket, "Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=False
        )
        overflow = await value(socket, "document.documentElement.scrollWidth > document.documentElement.clientWidth")
    print(
        json.dumps(
            {
                "language": language, "title": title, "nodes": nodes,
                "unnamed": [role for role, name in nodes if not name], "order": order, "contrasts": contrasts,
                "overflow": overflow,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
