import Alerting
import Model
import Testing

/// One column per evaluation, ten seconds apart: `x` the expression holds, `.` it does not. Expected: `p`ending,
/// `F`ired now, `f`iring, `k`ept firing, `R`esolved now, `D`ropped now, `-` absent.
@Test(arguments: [
  // hold, keep, input, expected
  (0, 0, "..xx.x.", "--FfRFR"),
  (30, 0, "xxxxx..", "pppFfR-"),
  (30, 0, "xxx.xxxx", "pppDpppF"),
  (20, 0, "x.x.x", "pDpDp"),
  (25, 0, "xxxx", "pppF"),
  (0, 20, "x...x", "FkkRF"),
  (0, 20, "x.x..x..", "FkfkkfkkR".prefix(8).description),
  (0, 15, "x....", "FkkR-"),
  (10, 10, "xx..x", "pFkRp"),
  (0, 30, "x.", "Fk"),
])
func lifecycle(hold: Int, keep: Int, input: String, expected: String) {
  let timing = AlertInstance.Timing(hold: .seconds(hold), keepFiring: .seconds(keep))
  var instance: AlertInstance?
  var out = ""
  for (step, sign) in input.enumerated() {
    let time = Timestamp(seconds: Double(step * 10))
    if sign == "x" {
      var active = instance ?? AlertInstance(labels: ["alertname": "A"], activeAt: time)
      let transition = active.holds(value: Double(step), annotations: .empty, at: time, timing: timing)
      instance = active
      out += transition == .fired ? "F" : active.state == .firing ? "f" : "p"
    } else if var active = instance {
      switch active.ceases(at: time, timing: timing) {
      case .resolved: (out, instance) = (out + "R", nil)
      case .dropped: (out, instance) = (out + "D", nil)
      default: (out, instance) = (out + "k", active)
      }
    } else {
      out += "-"
    }
  }
  #expect(out == expected)
}

@Test func deadlines() {
  let timing = AlertInstance.Timing(hold: .seconds(30), keepFiring: .seconds(60))
  func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: seconds) }
  var alert = AlertInstance(labels: .empty, activeAt: at(100))
  #expect(alert.holds(value: 1, annotations: .empty, at: at(100), timing: timing) == .updated)
  #expect(alert.deadline(timing: timing) == at(130))
  #expect(alert.holds(value: 2, annotations: ["a": "b"], at: at(120), timing: timing) == .none)
  #expect(alert.value == 2 && alert.annotations == ["a": "b"])
  #expect(alert.holds(value: 1, annotations: .empty, at: at(130), timing: timing) == .fired)
  #expect(alert.firedAt == at(130) && alert.deadline(timing: timing) == nil)
  #expect(alert.ceases(at: at(140), timing: timing) == .updated)
  #expect(alert.deadline(timing: timing) == at(200))
  #expect(alert.holds(value: 1, annotations: .empty, at: at(150), timing: timing) == .updated)
  #expect(alert.deadline(timing: timing) == nil && alert.activeAt == at(100))
}

@Test func aClockThatIsSetBackStartsTheWaitAgain() {
  let timing = AlertInstance.Timing(hold: .seconds(30), keepFiring: .seconds(30))
  func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: seconds) }
  var alert = AlertInstance(labels: .empty, activeAt: at(5000))
  _ = alert.holds(value: 1, annotations: .empty, at: at(5000), timing: timing)
  #expect(alert.holds(value: 1, annotations: .empty, at: at(100), timing: timing) == .updated)
  #expect(alert.holds(value: 1, annotations: .empty, at: at(130), timing: timing) == .fired)
  #expect(alert.ceases(at: at(140), timing: timing) == .updated)
  #expect(alert.ceases(at: at(10), timing: timing) == .updated)
  #expect(alert.ceases(at: at(39), timing: timing) == .none)
  #expect(alert.ceases(at: at(40), timing: timing) == .resolved)
}
