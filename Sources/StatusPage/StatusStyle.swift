/// The style sheet of all pages. Colour never stands alone: every state has a sign and a word.
package enum StatusStyle {
  package static let css = """
    :root { color-scheme: light dark; --bg: #fff; --fg: #1f2328; --good: #1a7f37; --bad: #c1121f;
      --degraded: #8f4700; --unknown: #57606a; --on: #fff; --line: #d0d7de; --card: #f6f8fa; --link: #0758b5; }
    @media (prefers-color-scheme: dark) {
      :root { --bg: #0f1419; --fg: #e6edf3; --good: #4ac26b; --bad: #ff8a80; --degraded: #e8a94f;
        --unknown: #a3adb8; --on: #0f1419; --line: #39424d; --card: #182028; --link: #7cb7ff; }
    }
    * { box-sizing: border-box; }
    body { background: var(--bg); color: var(--fg); font: 15px/1.45 system-ui, sans-serif; margin: 0 auto;
      max-width: 76rem; padding: 0 1rem 2rem; overflow-wrap: break-word; }
    a { color: var(--link); } a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
    main:focus { outline: none; }
    .skip { background: var(--bg); left: 1rem; padding: .5rem 1rem; position: absolute; top: -5rem; z-index: 2; }
    .skip:focus { top: .5rem; }
    .unseen, caption { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute;
      white-space: nowrap; width: 1px; }
    h1 { font-size: 1.35rem; margin: 1rem 0 .6rem; }
    h2 { border-bottom: 1px solid var(--line); font-size: 1.1rem; margin: 0 0 .5rem; padding-bottom: .2rem; }
    h3 { font-size: 1.05rem; margin: 0; }
    header { align-items: center; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap;
      gap: .2rem 1.5rem; padding: .6rem 0; }
    header h1 { margin: 0; }
    .brand { font-size: 1.15rem; font-weight: 700; margin: 0; }
    .brand a { color: inherit; text-decoration: none; }
    nav ul, .plain, .parts { list-style: none; margin: 0; padding: 0; }
    nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; }
    nav a { display: inline-block; padding: .2rem 0; }
    nav a[aria-current] { color: var(--fg); font-weight: 600; text-decoration: none; }
    .verdict { border-radius: .3rem; color: var(--on); background: var(--unknown); display: inline-block;
      font-weight: 600; margin: 0; padding: .2rem .7rem; }
    .headline { font-size: 1.25rem; margin-bottom: 1.2rem; }
    .verdict.good { background: var(--good); } .verdict.bad { background: var(--bad); }
    .verdict.degraded { background: var(--degraded); }
    .quiet { color: var(--unknown); font-size: .92em; }
    .notice { border-left: 4px solid var(--degraded); padding-left: .6rem; overflow-wrap: anywhere; }
    .done { border-left: 4px solid var(--good); padding-left: .6rem; }
    .error { color: var(--bad); font-weight: 600; margin: .2rem 0; }
    .error::before { content: "\\25B2  "; }
    #cut { background: var(--bad); border-radius: .3rem; color: var(--on); font-weight: 700; padding: .6rem 1rem;
      position: sticky; top: .3rem; z-index: 1; }
    section { margin-bottom: 1.8rem; }
    .plain li { padding: .1rem 0; }
    .calls { display: grid; gap: .6rem; list-style: none; margin: 0 0 .5rem; padding: 0; }
    .calls p { margin: .1rem 0; }
    .cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
    .card { background: var(--card); border: 1px solid var(--line); border-left: 6px solid var(--unknown);
      border-radius: .3rem; min-width: 0; padding: .7rem 1rem; }
    .card.good { border-left-color: var(--good); } .card.bad { border-left-color: var(--bad); }
    .card.degraded { border-left-color: var(--degraded); }
    .state { font-size: 1.35rem; font-weight: 700; margin: 0; }
    .card .traffic { margin-bottom: .5rem; }
    .card p { margin: .1rem 0 .4rem; }
    .parts { display: flex; flex-wrap: wrap; font-size: .92em; gap: .1rem 1rem; margin-bottom: .5rem; }
    table { border-collapse: collapse; width: 100%; }
    td, th { padding: .25rem .8rem .25rem 0; text-align: left; vertical-align: top; }
    thead th { color: var(--unknown); font-size: .85em; font-weight: 500; }
    tbody th { font-weight: 600; }
    .wide tbody tr { border-top: 1px solid var(--line); }
    .wide tbody th { max-width: 16rem; min-width: 6rem; overflow-wrap: anywhere; }
    .checks { font-size: .95em; table-layout: fixed; }
    .checks th:nth-child(1) { width: 34%; } .checks th:nth-child(3) { width: 4.2rem; }
    .checks .number { display: inline-block; min-width: 5.2em; }
    details > summary { cursor: pointer; padding: .2rem 0; }
    .checks tbody th { font-weight: 500; } .checks td, .checks tbody th { overflow-wrap: anywhere; }
    .checks td:last-child, .checks th:last-child { padding-right: 0; text-align: right; }
    .checks tbody th .dot { display: block; padding-left: 1.2em; text-indent: -1.2em; }
    .checks tbody th .unseen { text-indent: 0; }
    td.quiet { overflow-wrap: anywhere; } td.when, .age, .dot, .number { white-space: nowrap; }
    .checks .dot, .wide th .dot, .state .dot { white-space: normal; }
    .wide th .dot.tight { white-space: nowrap; }
    .dot::before { color: var(--unknown); content: "\\25CF"; display: inline-block; text-indent: 0; width: 1.2em; }
    .dot.good { color: var(--good); } .dot.good::before { color: var(--good); }
    .dot.bad { color: var(--bad); } .dot.bad::before { color: var(--bad); content: "\\25B2"; }
    .dot.degraded { color: var(--degraded); }
    .dot.degraded::before { color: var(--degraded); content: "\\25C6"; }
    .dot.unknown { color: var(--unknown); } .dot.unknown::before { content: "?"; font-weight: 700; }
    .dot.held::before { content: "\\25CB"; }
    .checks th .dot, .wide th .dot { color: inherit; }
    .spark { height: 1.2em; vertical-align: middle; width: 5.6rem; }
    .spark.big { display: block; height: 6rem; width: 100%; }
    .spark path { fill: none; stroke: var(--link); stroke-linecap: round; stroke-width: 1.5;
      vector-effect: non-scaling-stroke; }
    .spark .limit { stroke: var(--unknown); stroke-dasharray: 3 3; stroke-width: 1; }
    .bar { display: inline-block; height: .6em; vertical-align: middle; width: 7rem; }
    .bar .track { fill: var(--line); } .bar .mark { fill: var(--fg); } .bar .used { fill: var(--unknown); }
    .bar.good .used { fill: var(--good); } .bar.bad .used { fill: var(--bad); }
    dl { margin: 0 0 1rem; }
    dl div { border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; padding: .3rem 0; }
    dt { color: var(--unknown); flex: 0 0 14rem; } dd { flex: 1 1 12rem; margin: 0; min-width: 0; }
    pre { background: var(--card); border: 1px solid var(--line); border-radius: .3rem; overflow-x: auto;
      padding: .8rem; }
    input, button, select, textarea { background: var(--bg); border: 1px solid var(--unknown); border-radius: .3rem;
      color: var(--fg); font: inherit; max-width: 100%; padding: .4rem .7rem; }
    button { background: var(--card); cursor: pointer; font-weight: 600; }
    td form { margin: 0; } td button { padding: .1rem .6rem; }
    form label { display: block; }
    .filter { align-items: end; display: flex; flex-wrap: wrap; gap: 0 1rem; } .filter p { margin: .2rem 0; }
    .field { margin-bottom: .8rem; max-width: 40rem; } .field label { font-weight: 600; }
    .field input, .field textarea { width: 100%; } .field p { margin: .1rem 0; }
    [aria-invalid] { border: 2px solid var(--bad); }
    .foot { border-top: 1px solid var(--line); padding-top: .6rem; }
    .stale main { opacity: .75; }
    /* On a phone a row is a paragraph: what its columns are stands before the values that do not say it. */
    @media (max-width: 48rem) {
      .wide, .wide tbody, .wide tbody tr { display: block; }
      .wide thead { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; width: 1px; }
      .wide tbody tr { padding: .4rem 0; } .wide tbody tr:first-child { border-top: 0; }
      .wide td:empty { display: none; }
      .wide tbody td, .wide tbody th { display: inline; padding: 0 .5rem 0 0; }
      .wide td[data-is] { display: block; padding-left: 1.1rem; }
      .wide td[data-is]::before { color: var(--unknown); content: attr(data-is) ": "; font-size: .88em; }
      .age { white-space: normal; }
      dt { flex-basis: 100%; }
    }

    """
}
