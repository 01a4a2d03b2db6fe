import Testing

@testable import RuleTesting

/// Functions where it takes histograms, staleness or many moments to see them work, in the language of query scripts.
/// The expected values were worked out by hand.
@Suite struct FunctionScriptTests {
  @Test(arguments: [
    ("counters", counters), ("gauges", gauges), ("mixed", mixed), ("custom", custom), ("ranges", ranges),
    ("names", names), ("info", info), ("extended", extended),
  ])
  func holds(name: String, script: String) throws {
    let found = try failures(script)
    #expect(found.isEmpty, "\(name):\n\(found.joined(separator: "\n"))")
  }

  /// Five samples in five minutes are taken to cover all of them: what they grew by, times 300/240.
  private static let counters = """
    load 1m
      h {{schema:0 sum:1 count:2 buckets:[1 1]}}+{{schema:0 sum:2 count:4 buckets:[2 2]}}x5
      reset {{sum:8 count:8}} {{sum:9 count:9}} {{sum:2 count:2}} {{sum:4 count:4}} {{sum:6 count:6}}
      finer {{schema:0 sum:1 count:2 buckets:[1 1]}} {{schema:0 sum:2 count:4 buckets:[2 2]}} {{schema:0 sum:3 count:6 buckets:[3 3]}}

    eval instant at 5m increase(h[5m])
      expect no_warn
      expect no_info
      {} {{schema:0 sum:10 count:20 buckets:[10 10] counter_reset_hint:gauge}}

    eval instant at 5m rate(h[5m])
      {} {{schema:0 sum:0.03333333333333333 count:0.06666666666666667 buckets:[0.03333333333333333 0.03333333333333333] counter_reset_hint:gauge}}

    eval instant at 5m irate(h[5m])
      {} {{schema:0 sum:0.03333333333333333 count:0.06666666666666667 buckets:[0.03333333333333333 0.03333333333333333] counter_reset_hint:gauge}}

    eval instant at 5m delta(h[5m])
      expect warn msg: PromQL warning: this native histogram metric is not a gauge: "h" (1:7)
      {} {{schema:0 sum:10 count:20 buckets:[10 10] counter_reset_hint:gauge}}

    eval instant at 5m idelta(h[5m])
      expect warn msg: PromQL warning: this native histogram metric is not a gauge: "h" (1:8)
      {} {{schema:0 sum:2 count:4 buckets:[2 2] counter_reset_hint:gauge}}

    # 9 - 2 - 4 - 6: four samples in three minutes, so times 240/180, of 6 - 9 + 9.
    eval instant at 4m increase(reset[4m])
      {} {{sum:8 count:8 counter_reset_hint:gauge}}

    eval instant at 4m resets(reset[4m])
      {} 1

    eval instant at 4m changes(reset[5m])
      {} 4

    eval instant at 5m changes(h[5m])
      {} 4

    eval instant at 5m sum_over_time(h[2m])
      expect no_warn
      {} {{schema:0 sum:20 count:40 buckets:[20 20]}}

    eval instant at 5m avg_over_time(h[2m])
      {} {{schema:0 sum:10 count:20 buckets:[10 10]}}

    eval instant at 5m last_over_time(h[2m])
      h {{schema:0 sum:11 count:22 buckets:[11 11]}}

    eval instant at 5m first_over_time(h[2m])
      h {{schema:0 sum:9 count:18 buckets:[9 9]}}

    eval instant at 5m count_over_time(h[2m]) + present_over_time(h[2m])
      {} 3

    eval instant at 5m ts_of_last_over_time(h[2m]) - ts_of_first_over_time(h[2m])
      {} 60

    eval instant at 5m absent_over_time(h[2m])

    eval instant at 5m increase(h[1m])
      expect no_warn
    """

  private static let gauges = """
    load 1m
      g {{sum:1 count:1 counter_reset_hint:gauge}} {{sum:5 count:4 counter_reset_hint:gauge}} {{sum:3 count:2 counter_reset_hint:gauge}}

    eval instant at 2m delta(g[3m])
      expect no_warn
      {} {{sum:3 count:1.5 counter_reset_hint:gauge}}

    eval instant at 2m idelta(g[3m])
      expect no_warn
      {} {{sum:-2 count:-2 counter_reset_hint:gauge}}

    # 2 - 1 + 4, and the count would have been 0 24 s before the first sample: times 144/120, in 180 s.
    eval instant at 2m rate(g[3m])
      expect warn msg: PromQL warning: this native histogram metric is not a counter: "g" (1:6)
      {} {{sum:0.04666666666666667 count:0.03333333333333333 counter_reset_hint:gauge}}
    """

  private static let mixed = """
    load 1m
      m 1 3 2 {{sum:1 count:1}} {{sum:2 count:2}}
      only {{sum:1 count:1}}x4

    eval instant at 4m rate(m[5m])
      expect warn msg: PromQL warning: encountered a mix of histograms and floats for metric name "m" (1:6)

    eval instant at 4m sum_over_time(m[5m])
      expect warn msg: PromQL warning: encountered a mix of histograms and floats for metric name "m" (1:15)

    eval instant at 4m avg_over_time(m[5m])
      expect warn msg: PromQL warning: encountered a mix of histograms and floats for metric name "m" (1:15)

    eval instant at 4m irate(m[5m])
      expect no_warn
      {} {{sum:0.016666666666666666 count:0.016666666666666666 counter_reset_hint:gauge}}

    eval instant at 3m irate(m[5m])
      expect warn msg: PromQL warning: encountered a mix of histograms and floats for metric name "m" (1:7)

    eval instant at 4m max_over_time(m[5m])
      expect info msg: PromQL info: ignored histograms in a range containing both floats and histograms for metric name "m" (1:15)
      {} 3

    eval instant at 4m quantile_over_time(0.5, m[5m])
      expect info msg: PromQL info: ignored histograms in a range containing both floats and histograms for metric name "m" (1:25)
      {} 2

    eval instant at 4m deriv(m[3m])
      expect info msg: PromQL info: ignored histograms in a range containing both floats and histograms for metric name "m" (1:7)

    eval instant at 4m changes(m[5m])
      {} 4

    eval instant at 4m resets(m[5m])
      {} 2

    eval instant at 4m count_over_time(m[5m])
      {} 5

    eval instant at 4m last_over_time(m[5m])
      m {{sum:2 count:2}}

    eval instant at 4m first_over_time(m[5m])
      m 1

    eval instant at 4m min_over_time(only[5m])
      expect no_info
      expect no_warn

    eval instant at 4m mad_over_time(only[5m])
      expect no_info

    eval instant at 4m abs({__name__=~"m|only"})

    eval instant at 4m timestamp(only)
      {} 240

    eval instant at 4m scalar(only)
      NaN

    eval instant at 4m absent(only)

    eval instant at 4m sort(only)

    eval instant at 4m label_replace(only, "a", "b", "", "")
      only{a="b"} {{sum:1 count:1}}
    """

  private static let custom = """
    load 1m
      c {{schema:-53 sum:1 count:1 custom_values:[5 10] buckets:[1]}} {{schema:-53 sum:4 count:4 custom_values:[5] buckets:[4]}}
      both {{sum:1 count:1}} {{schema:-53 sum:4 count:4 custom_values:[5] buckets:[4] counter_reset_hint:gauge}} {{sum:2 count:2}}

    eval instant at 1m increase(c[2m])
      expect info msg: PromQL info: mismatched custom buckets were reconciled during subtraction (1:10)
      {} {{schema:-53 sum:4 count:4 custom_values:[5] buckets:[4] counter_reset_hint:gauge}}

    eval instant at 1m sum_over_time(c[2m])
      expect info msg: PromQL info: mismatched custom buckets were reconciled during aggregation (1:15)
      {} {{schema:-53 sum:5 count:5 custom_values:[5] buckets:[5]}}

    eval instant at 2m sum_over_time(both[3m])
      expect warn msg: PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "both" (1:15)

    eval instant at 1m delta(both[3m])
      expect warn

    eval instant at 1m idelta(both[3m])
      expect warn
    """

  private static let ranges = """
    load 30s
      a_total 0+3x10
      gone 1 2 stale _ _ 5

    eval range from 0 to 3m step 1m rate(a_total[1m])
      {} _ 0.1 0.1 0.1

    eval range from 0 to 3m step 30s count_over_time(gone[1m])
      {} 1 2 1 _ _ 1 1

    # The sample at 150 s lies just outside of the last window.
    eval range from 0 to 3m step 1m absent_over_time(gone[30s])
      {} _ 1 1 1

    eval range from 0 to 1m step 30s minute()
      {} 0 0 1

    eval range from 0 to 1m step 30s start() + step() * 0 + end() - range()
      {} 0 0 0

    eval range from 0 to 1m step 30s sort(a_total)
      expect warn msg: PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)
      a_total 0 3 6

    eval range from 0 to 1m step 30s timestamp(a_total)
      {} 0 30 60

    eval range from 0 to 1m step 30s timestamp(a_total @ 45)
      {} 30 30 30

    eval range from 0 to 2m step 1m predict_linear(a_total[2m] @ 120, 0)
      {} 0 6 12

    eval range from 0 to 2m step 1m max_over_time(rate(a_total[1m])[1m:30s])
      {} _ 0.1 0.1
    """

  private static let names = """
    load 1m
      x_total{env="1"} 0+60x10
      y_total{env="1"} 0+60x10

    eval instant at 10m label_replace(rate({env="1"}[5m]), "was", "$1", "__name__", "(.*)_total")
      {env="1", was="x"} 1
      {env="1", was="y"} 1

    eval instant at 10m label_replace(rate({env="1"}[5m]), "__name__", "${1}_rate", "__name__", "(.*)_total")
      x_rate{env="1"} 1
      y_rate{env="1"} 1

    eval instant at 10m label_join(rate({env="1"}[5m]), "__name__", "_", "__name__", "env")
      x_total_1{env="1"} 1
      y_total_1{env="1"} 1

    eval instant at 10m rate({env="1"}[5m])
      expect fail msg: vector cannot contain metrics with the same labelset

    eval instant at 10m last_over_time({env="1"}[5m])
      x_total{env="1"} 600
      y_total{env="1"} 600

    eval instant at 10m clamp_max(abs(x_total), 5)
      {env="1"} 5

    # Labels that say what kind of metric it is go with its name.
    load 1m
      typed{__type__="gauge", __unit__="s", env="1"} 7
      typed{__type__="gauge", __unit__="m", env="2"} 9

    eval instant at 0 abs(typed{env="1"})
      {env="1"} 7

    eval instant at 0 typed{env="2"} - ignoring(env) typed{env="1"}
      {} 2

    eval instant at 0 last_over_time(typed{env="1"}[1m])
      typed{__type__="gauge", __unit__="s", env="1"} 7
    """

  private static let info = """
    load 1m
      up{instance="a", job="j"} 1 1 1
      up{job="j"} 1 1 1
      up 1 1 1
      target_info{instance="a", job="j", version="1"} 1 1 _
      target_info{instance="a", job="j", version="2"} _ _ 1
      build_info{instance="a", job="j", commit="c"} 1 1 1
      clash_info{instance="a", job="j", commit="d"} 1 1 1
      h_info{instance="a", job="j"} {{sum:1 count:1}}

    eval range from 0 to 2m step 1m info(up)
      up{instance="a", job="j", version="1"} 1 1 _
      up{instance="a", job="j", version="2"} _ _ 1
      up{job="j"} 1 1 1
      up 1 1 1

    eval range from 0 to 0 step 1m info(up, {__name__="build_info"})
      up{instance="a", job="j", commit="c"} 1
      up{job="j"} 1
      up 1

    eval range from 0 to 0 step 1m info(up, {commit=~".+", __name__="build_info"})
      up{instance="a", job="j", commit="c"} 1

    eval range from 0 to 0 step 1m info(up, {__name__=~"(build|clash)_info"})
      expect fail msg: conflicting label: commit

    eval range from 0 to 0 step 1m info(up, {__name__="h_info"})
      expect fail msg: info sample should be float

    eval range from 0 to 0 step 1m info(build_info, {__name__=~"(build|target)_info"})
      build_info{instance="a", job="j", commit="c"} 1

    eval range from 0 to 0 step 1m info(up, {__name__!~"(clash|h)_info", commit=~".+"})
      up{instance="a", job="j", commit="c"} 1
    """

  private static let extended = """
    load 1m
      c_total 0 10 20 5 15 25
      h {{sum:1 count:1}}x5

    # From 20, the newest sample before the range, to 15, and the 20 that were lost in between.
    eval instant at 4m30s increase(c_total[2m] anchored)
      {} 15

    eval instant at 4m30s rate(c_total[2m] anchored)
      {} 0.125

    eval instant at 4m30s delta(c_total[2m] anchored)
      {} -5

    # From halfway between 0 (a reset) and 5 to halfway between 15 and 25.
    eval instant at 4m30s increase(c_total[2m] smoothed)
      {} 17.5

    eval instant at 4m30s delta(c_total[2m] smoothed)
      {} 7.5

    eval instant at 4m30s changes(c_total[2m] anchored) + resets(c_total[2m] anchored)
      {} 3

    eval range from 4m to 6m step 30s c_total smoothed
      c_total 15 20 25 25 25

    eval range from 4m to 5m step 30s delta(c_total[1m] smoothed)
      {} 10 10 10

    eval instant at 12m increase(c_total[1m] anchored)

    eval instant at 1m sum_over_time(c_total[1m] anchored)
      expect fail msg: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with sum_over_time

    eval instant at 1m absent_over_time(c_total[1m] smoothed)
      expect fail msg: smoothed modifier can only be used with: delta, increase, rate - not with absent_over_time

    eval instant at 5m rate(h[2m] smoothed)
      expect fail msg: smoothed and anchored modifiers do not work with native histograms
    """
}
