import Model
import Templating

/// The alert that most tests render with.
func exampleContext(value: Double = 0.25) -> TemplateContext {
  TemplateContext(
    labels: ["instance": "db1.example.com:9100", "job": "node", "mountpoint": "/var"], value: value,
    externalLabels: ["region": "eu-1"], externalURL: "http://farwatch.example:9090/watch",
    now: Timestamp(milliseconds: 1_435_065_584_128))
}

func rendered(_ text: String, _ context: TemplateContext = exampleContext()) throws -> String {
  try Template(text, name: "test").render(context)
}

/// The message of the error that `text` ends in, with its place; nil when it renders.
func failure(_ text: String, _ context: TemplateContext = exampleContext()) -> String? {
  do throws(TemplateError) {
    _ = try Template(text, name: "test").render(context)
    return nil
  } catch {
    return error.description
  }
}
