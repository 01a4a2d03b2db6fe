/// The style sheet of the status page. Colour never stands alone: every state is also written out.
enum StatusStyle {
  static let css = """
    :root { color-scheme: light dark; --good: #1a7f37; --bad: #c1121f; --degraded: #b25e00; --unknown: #6b7280;
      --line: #8884; --card: #8881; }
    body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
    h1 { display: inline-block; font-size: 1.3rem; margin: 0 1rem 0 0; }
    h2 { font-size: 1.05rem; margin: 0 0 .4rem; }
    header { border-bottom: 1px solid var(--line); margin-bottom: 1rem; padding-bottom: .3rem; }
    .verdict { display: inline-block; border-radius: .3rem; color: #fff; font-weight: 600; margin: 0;
      padding: .15rem .7rem; }
    .verdict.good { background: var(--good); } .verdict.bad { background: var(--bad); }
    .verdict.unknown { background: var(--unknown); }
    .quiet { color: var(--unknown); font-size: .9em; }
    .notice { border-left: 4px solid var(--degraded); padding-left: .6rem; }
    .cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr));
      margin-bottom: 1.4rem; }
    .card { background: var(--card); border-left: 6px solid var(--unknown); border-radius: .3rem;
      padding: .7rem 1rem; }
    .card.good { border-color: var(--good); } .card.bad { border-color: var(--bad); }
    .card.degraded { border-color: var(--degraded); }
    .card .state { font-size: 1.5rem; font-weight: 700; margin: 0; }
    .card.good .state { color: var(--good); } .card.bad .state { color: var(--bad); }
    .card.degraded .state { color: var(--degraded); }
    .card p { margin: .1rem 0 .4rem; }
    table { border-collapse: collapse; } table.wide { width: 100%; }
    td, th { padding: .2rem .7rem .2rem 0; text-align: left; vertical-align: top; }
    .wide td, .wide th { border-bottom: 1px solid var(--line); }
    th { color: var(--unknown); font-size: .85em; font-weight: 500; }
    .dot::before { content: "\\25CF"; color: var(--unknown); }
    .dot.good::before { color: var(--good); } .dot.bad::before { content: "\\25B2"; color: var(--bad); }
    .dot.degraded::before { content: "\\25C6"; color: var(--degraded); }
    .dot.unknown::before { content: "?"; font-weight: 700; }
    .dot.held::before { content: "\\25CB"; }
    section { margin-bottom: 1.4rem; }
    td { overflow-wrap: break-word; } td.quiet { overflow-wrap: anywhere; } td.when { white-space: nowrap; }
    input, button { font: inherit; padding: .4rem .7rem; } form label { display: block; }
    /* On a phone a row is a paragraph: what its columns are stands before the values that do not say it. */
    @media (max-width: 44rem) {
      .wide, .wide tbody { display: block; }
      .wide th { display: none; }
      .wide tr { border-bottom: 1px solid var(--line); display: block; padding: .3rem 0; }
      .wide td:empty:not(.dot) { display: none; }
      .wide td { border: 0; display: inline; padding: 0 .5rem 0 0; }
      .wide td:not(.dot):not([data-is]):nth-child(2) { font-weight: 600; }
      .wide td[data-is] { display: block; padding-left: 1.1rem; }
      .wide td[data-is]::before { color: var(--unknown); content: attr(data-is) ": "; font-size: .85em; }
    }

    """
}
