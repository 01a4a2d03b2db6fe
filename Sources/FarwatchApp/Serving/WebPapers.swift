internal import AccessControl
internal import Configuration
internal import HTTPServer
internal import Secrets
internal import StrictYAML

/// What the listener shows and asks for: the web configuration file with its certificates, and the tokens' secrets, as
/// they are on the disk now.
struct WebPapers: Hashable, Sendable {
  var web = WebConfiguration()
  var access = AccessSettings()
  /// Of the tokens, in their order.
  var secrets: [String] = []

  /// - Parameter webFile: in place of the one that the plan names.
  init(_ plan: AccessPlan, webFile: String?) throws(StartFailure) {
    access = plan.access
    web = try Self.web(plan, webFile: webFile)
    for token in access.tokens {
      do throws(SecretSource.Failure) {
        secrets.append(try token.secret.read())
      } catch { throw StartFailure("token \"\(token.name)\": \(error)") }
    }
  }

  /// What keeps the daemon from starting under `plan`. Variables may be there for the daemon alone, and a web
  /// configuration file may be named on its command line: what is not there of these is no fault here.
  static func check(_ plan: AccessPlan) throws(StartFailure) {
    if plan.webFile != nil { _ = try web(plan, webFile: nil) }
    for token in plan.access.tokens {
      if case .environment = token.secret { continue }
      do throws(SecretSource.Failure) {
        _ = try token.secret.read()
      } catch { throw StartFailure("token \"\(token.name)\": \(error)") }
    }
  }

  private static func web(_ plan: AccessPlan, webFile: String?) throws(StartFailure) -> WebConfiguration {
    var web = WebConfiguration()
    if let file = webFile ?? plan.webFile {
      do throws(YAMLProblems) {
        web = try read(file)
      } catch { throw StartFailure(error.list.map(\.description)) }
    }
    for name in plan.access.users.keys.sorted() where web.users[name] == nil {
      throw StartFailure("access.users gives roles to \"\(name)\", whom no web configuration file names")
    }
    return web
  }

  private static func read(_ file: String) throws(YAMLProblems) -> WebConfiguration {
    let problems = Problems(file: file)
    guard let text = YAML.text(ofFile: file, problems) else {
      try problems.throwIfAny()
      return WebConfiguration()
    }
    let web = WebConfigurationFile.read(text, at: file, problems) {
      path throws(WebConfigurationFile.Failure) in
      let inner = Problems(file: path)
      if let text = YAML.text(ofFile: path, inner), inner.isEmpty { return text }
      throw WebConfigurationFile.Failure(
        inner.list.first.map { "\(path): \($0.message)" } ?? "cannot read \(path)")
    }
    try problems.throwIfAny()
    return web
  }
}
