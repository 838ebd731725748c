/**
 * Makes the example data of the bundled workflows: the same bytes every time. Run it only to change the examples:
 *   node build/make-template-data.ts
 * All names and numbers are invented.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";

const OUT = fileURLToPath(new URL("../electron/templates/data/", import.meta.url));

/** A small seeded generator (mulberry32): numbers from 0 up to 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const random = seeded(20260314);
const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
const round2 = (value: number): number => Math.round(value * 100) / 100;

/** One of a list; an entry's weight is its second field. */
function weighted<T>(entries: readonly (readonly [T, number])[]): T {
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of entries) {
    left -= weight;
    if (left <= 0) return value;
  }
  return entries[0]?.[0] as T;
}

interface Product {
  name: string;
  category: string;
  price: number;
  weight: number;
}

const PRODUCTS: readonly Product[] = [
  { name: "Trail Backpack 28 L", category: "Packs", price: 94.5, weight: 9 },
  { name: "Day Pack 16 L", category: "Packs", price: 52, weight: 11 },
  { name: "Dry Bag Set", category: "Packs", price: 27.9, weight: 8 },
  { name: "Two-Person Tent", category: "Camp", price: 219, weight: 4 },
  { name: "Down Sleeping Bag", category: "Camp", price: 184, weight: 4 },
  { name: "Foam Sleeping Mat", category: "Camp", price: 34, weight: 9 },
  { name: "Gas Stove", category: "Camp", price: 46.5, weight: 7 },
  { name: "Titanium Mug", category: "Camp", price: 24, weight: 12 },
  { name: "Rain Jacket", category: "Clothing", price: 139, weight: 8 },
  { name: "Merino Shirt", category: "Clothing", price: 64, weight: 13 },
  { name: "Walking Trousers", category: "Clothing", price: 79, weight: 9 },
  { name: "Wool Socks, 3 pairs", category: "Clothing", price: 31.5, weight: 16 },
  { name: "Head Torch", category: "Gear", price: 42, weight: 12 },
  { name: "Trekking Poles", category: "Gear", price: 71, weight: 7 },
  { name: "Water Filter", category: "Gear", price: 38.5, weight: 8 },
  { name: "Compass", category: "Gear", price: 29, weight: 4 },
];

const pickProduct = (): Product => weighted(PRODUCTS.map((product) => [product, product.weight] as const));

const REGIONS = [
  ["North", 26],
  ["South", 18],
  ["East", 15],
  ["West", 23],
  ["Coast", 11],
] as const;
const CHANNELS = [
  ["Online", 58],
  ["Store", 32],
  ["Partner", 10],
] as const;
/** How busy each month of the year is. */
const SEASON = [0.7, 0.72, 0.9, 1.1, 1.3, 1.42, 1.5, 1.28, 1.02, 0.86, 1.05, 1.35];

function salesCsv(): string {
  const lines = ["date,order_id,region,channel,product,category,units,unit_price,revenue"];
  let order = 41_200;
  for (let day = 0; day < 365; day++) {
    const date = new Date(Date.UTC(2025, 0, 1 + day));
    const weekend = date.getUTCDay() === 0 || date.getUTCDay() === 6 ? 1.3 : 1;
    const orders = Math.round(7.4 * (SEASON[date.getUTCMonth()] ?? 1) * weekend * (0.6 + random() * 0.8));
    for (let n = 0; n < orders; n++) lines.push(saleLine(date.toISOString().slice(0, 10), ++order));
  }
  return `${lines.join("\n")}\n`;
}

function saleLine(date: string, order: number): string {
  const product = pickProduct();
  const channel = weighted(CHANNELS);
  const units =
    weighted([
      [1, 62],
      [2, 22],
      [3, 9],
      [4, 4],
      [6, 2],
      [10, 1],
    ]) * (channel === "Partner" ? 2 : 1);
  const price = round2(
    product.price *
      weighted([
        [1, 80],
        [0.9, 14],
        [0.8, 6],
      ]),
  );
  const name = product.name.includes(",") ? `"${product.name}"` : product.name;
  return [
    date,
    `SO-${order}`,
    weighted(REGIONS),
    channel,
    name,
    product.category,
    units,
    price.toFixed(2),
    round2(units * price).toFixed(2),
  ].join(",");
}

const hex = (digits: number): string => Array.from({ length: digits }, () => whole(0, 15).toString(16)).join("");
const PATHS = [
  "/orders",
  "/orders/{n}",
  "/products",
  "/products/{n}",
  "/cart",
  "/search?q=tent",
  "/login",
  "/stock/{n}",
];
const TROUBLE: readonly (readonly [() => string, number])[] = [
  [
    () =>
      `ERROR [payments] card gateway did not answer within ${whole(29, 31) * 1000} ms (order ${whole(41200, 44900)})`,
    22,
  ],
  [() => `ERROR [db] deadlock detected while updating stock for product ${whole(100, 180)}, retry ${whole(1, 3)}`, 13],
  [() => `ERROR [mail] could not deliver receipt for order ${whole(41200, 44900)}: mailbox unavailable`, 9],
  [() => `ERROR [images] cannot decode upload ${hex(12)}: unexpected end of file`, 6],
  [() => `ERROR [search] index shard ${whole(1, 4)} is not ready`, 5],
  [() => `WARN  [http] slow request GET ${path()} took ${whole(2000, 9000)} ms`, 34],
  [() => `WARN  [auth] ${whole(4, 9)} failed sign-ins for account ${whole(1000, 9999)}`, 14],
  [() => `WARN  [cache] evicted ${whole(200, 900)} entries, hit rate ${whole(41, 69)}%`, 18],
  [() => `WARN  [payments] duplicate callback ignored (payment ${hex(8)})`, 8],
];

const path = (): string => (PATHS[whole(0, PATHS.length - 1)] ?? "/").replace("{n}", String(whole(100, 999)));

/** One day of a web shop, with a bad hour and a half in the afternoon. */
function serviceLog(): string {
  const lines: string[] = [];
  let at = Date.UTC(2026, 2, 14, 0, 0, 4);
  const end = Date.UTC(2026, 2, 15);
  while (at < end) {
    const hour = (at / 3_600_000) % 24;
    const incident = hour > 14.2 && hour < 15.7;
    const busy = hour > 8 && hour < 22 ? 1 : 0.4;
    const time = new Date(at).toISOString();
    const troubled = random() < (incident ? 0.45 : 0.07);
    const worst = TROUBLE[incident && random() < 0.7 ? whole(0, 1) : -1]?.[0];
    lines.push(`${time} ${troubled ? (worst ?? weighted(TROUBLE))() : ordinaryLine()}`);
    at += Math.round(((incident ? 15_000 : 35_000) / busy) * (0.3 + random() * 1.4));
  }
  return `${lines.join("\n")}\n`;
}

const ordinaryLine = (): string =>
  weighted([
    [`INFO  [http] GET ${path()} 200 ${whole(4, 180)} ms req=${hex(8)}`, 70],
    [`INFO  [http] POST /orders 201 ${whole(40, 260)} ms req=${hex(8)}`, 14],
    [`INFO  [jobs] nightly stock sync checked ${whole(900, 1100)} items`, 4],
    [`DEBUG [cache] hit rate ${whole(70, 97)}%`, 12],
  ]);

const FIRST = [
  "Alma",
  "Bruno",
  "Clara",
  "David",
  "Elif",
  "Farid",
  "Greta",
  "Hugo",
  "Ines",
  "Jonas",
  "Kira",
  "Leon",
  "Mira",
  "Nils",
  "Olga",
  "Pavel",
  "Rosa",
  "Sven",
  "Tara",
  "Yusuf",
];
const LAST = [
  "Adler",
  "Berg",
  "Costa",
  "Dahl",
  "Evans",
  "Fischer",
  "Garcia",
  "Hansen",
  "Ivanov",
  "Jensen",
  "Keller",
  "Lindqvist",
  "Moreau",
  "Novak",
  "Oliveira",
  "Petrov",
  "Rossi",
  "Silva",
  "Thorsen",
  "Weber",
];
const CITIES = [
  "Aarhus",
  "Bremen",
  "Cork",
  "Dijon",
  "Espoo",
  "Ghent",
  "Graz",
  "Leeds",
  "Lyon",
  "Malaga",
  "Porto",
  "Turin",
];

function shopDatabase(file: string): void {
  rmSync(file, { force: true });
  const db = new Database(file);
  db.exec(`
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, since TEXT NOT NULL) STRICT;
    CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, price_cents INTEGER NOT NULL, stock INTEGER NOT NULL) STRICT;
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, placed_on TEXT NOT NULL, status TEXT NOT NULL) STRICT;
    CREATE TABLE order_lines (order_id INTEGER NOT NULL REFERENCES orders, product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL, price_cents INTEGER NOT NULL, PRIMARY KEY (order_id, product_id)) STRICT;
    CREATE INDEX orders_by_customer ON orders (customer_id);
  `);
  db.transaction(() => fillShop(db))();
  db.exec("VACUUM");
  db.close();
}

function fillShop(db: Database.Database): void {
  const customer = db.prepare("INSERT INTO customers VALUES (@id, @name, @city, @since)");
  for (let id = 1; id <= 140; id++) {
    const name = `${FIRST[whole(0, 19)]} ${LAST[whole(0, 19)]}`;
    customer.run({ id, name, city: CITIES[whole(0, 11)], since: dayIn(2023 + whole(0, 2)) });
  }
  const product = db.prepare("INSERT INTO products VALUES (@id, @name, @category, @price, @stock)");
  for (const [index, { name, category, price }] of PRODUCTS.entries()) {
    product.run({
      id: index + 1,
      name,
      category,
      price: Math.round(price * 100),
      stock: weighted([
        [whole(0, 6), 1],
        [whole(12, 140), 3],
      ]),
    });
  }
  const order = db.prepare("INSERT INTO orders VALUES (@id, @customer, @date, @status)");
  const line = db.prepare("INSERT OR IGNORE INTO order_lines VALUES (@order, @product, @quantity, @price)");
  for (let id = 1; id <= 980; id++) {
    // The square makes some customers come often and most of them seldom.
    const who = 1 + Math.floor(random() ** 2 * 140);
    order.run({
      id,
      customer: who,
      date: dayIn(2025),
      status: weighted([
        ["paid", 90],
        ["open", 6],
        ["cancelled", 4],
      ]),
    });
    for (let n = whole(1, 4); n > 0; n--) {
      const bought = pickProduct();
      const quantity = weighted([
        [1, 70],
        [2, 20],
        [3, 10],
      ]);
      line.run({ order: id, product: PRODUCTS.indexOf(bought) + 1, quantity, price: Math.round(bought.price * 100) });
    }
  }
}

const dayIn = (year: number): string => new Date(Date.UTC(year, 0, 1 + whole(0, 364))).toISOString().slice(0, 10);

const NOTES: Record<string, string> = {
  "2026-01-12-spring-range.md": `# Spring range\n\nThe light jacket sells before it is announced; two shops asked for it by name. The old grey one does not move at all.\n\n- [x] Agree colours with the mill\n- [ ] Order samples of the light jacket in three sizes\n- [ ] Take the grey jacket out of the catalogue\n`,
  "2026-01-20-returns.md": `# Why things come back\n\nOf 64 returns in December, 31 were boots of the wrong size. The size table says EU sizes, the box says UK ones.\n\n- [x] Count returns by reason\n- [ ] Print both sizes on the label\n- [ ] Ask the supplier for half sizes\n`,
  "2026-02-03-warehouse-visit.md": `# Warehouse visit\n\nPicking is quick, packing is not: one bench for everything. A second bench fits beside the door if the old shelf goes.\n\n- [ ] Measure the space by the door\n- [x] Get a price for a bench\n`,
  "2026-02-11-payment-outage.md": `# Payment outage\n\nFor 80 minutes cards were declined although they were good. Customers tried up to five times, and some were charged twice.\n\nWhat helped: the gateway's own status page, and telling people on the home page.\n\n- [x] Refund double charges\n- [ ] Show a notice as soon as three payments in a row fail\n- [ ] Agree with the gateway on a phone number\n`,
  "2026-02-19-newsletter.md": `# Newsletter\n\nShort ones are read to the end. The piece about mending a tent pole had more answers than any offer.\n\n- [ ] Write the one about washing down\n- [ ] Ask Mira for photographs\n`,
  "2026-02-27-repair-evenings.md": `# Repair evenings\n\nEleven people came, nine things were mended. Zips are the most common trouble. We ran out of sliders.\n\n- [x] Thank the volunteers\n- [ ] Order zip sliders in sizes 5 and 8\n- [ ] Fix a date in April\n`,
  "2026-03-04-partner-shops.md": `# Partner shops\n\nThree of the five reorder every month. The two others never opened the second box. Visit before sending more.\n\n- [ ] Visit the shop in Graz\n- [ ] Send the reorder form as a spreadsheet, not as a picture\n`,
  "2026-03-13-hiring.md": `# Hiring for the summer\n\nWe need two people from May to September, one of them with a driving licence. Last year's notice went out too late.\n\n- [ ] Write the notice\n- [ ] Ask last year's team who would come back\n`,
};

mkdirSync(join(OUT, "notes"), { recursive: true });
writeFileSync(join(OUT, "sales.csv"), salesCsv());
writeFileSync(join(OUT, "service-log.txt"), serviceLog());
shopDatabase(join(OUT, "shop.db"));
for (const [name, text] of Object.entries(NOTES)) writeFileSync(join(OUT, "notes", name), text);
