package import GatewayKit

/// Turns policy files into a plan, or into every mistake that they hold.
///
/// Opens no socket, file or connection but the policies themselves and what their `!file` names.
package struct PolicyLoader: Sendable {
    private let services: Services
    private let environment: @Sendable (String) -> String?
    private let files: any PolicyFiles
    private let inspection: (any PolicyInspection)?
    private var current: Plan?
    /// For a trial: puts something else in place of the policy's store and node, which are made all the same.
    package var standIns: (@Sendable (Services) -> Services)?
    /// For who asks the policy's node and leaves its store alone: what the node and all else is made with in its place.
    package var storeStandIn: (any Store)?

    /// - Parameters:
    ///   - services: what every plugin gets; its store and its node stand in where the policy names none.
    ///   - environment: answers `!env`.
    package init(services: Services, environment: @escaping @Sendable (String) -> String?) {
        self.init(services: services, environment: environment, files: DiskFiles())
    }

    package init(
        services: Services,
        environment: @escaping @Sendable (String) -> String?,
        files: any PolicyFiles,
        inspection: (any PolicyInspection)? = nil
    ) {
        self.services = services
        self.environment = environment
        self.files = files
        self.inspection = inspection
    }

    /// The same, reading from elsewhere.
    package func reading(_ files: any PolicyFiles) -> PolicyLoader {
        PolicyLoader(services: services, environment: environment, files: files, inspection: inspection)
    }

    /// The same, which also looks at what the policy names and does not hold.
    package func inspecting(with inspection: any PolicyInspection) -> PolicyLoader {
        PolicyLoader(services: services, environment: environment, files: files, inspection: inspection)
    }

    /// The same for a plan that is to take the place of another one, whose store, node and unchanged upstreams go on in
    /// it. A store or a node that is another one is a mistake: that takes a new start.
    package func replacing(_ current: Plan) -> PolicyLoader {
        var loader = self
        loader.current = current
        return loader
    }

    /// Reads a file, or a folder whose `*.yaml` and `*.yml` files are read in the order of their names and joined.
    package func load(_ path: String) -> PolicyOutcome {
        check(path).outcome
    }

    /// Reads a policy that is not in a file. What it includes is relative to the working directory.
    package func load(text: String, named name: String) -> PolicyOutcome {
        load { $0.read(text: text, named: name) }.outcome
    }

    /// The same as `load`, with what is odd also where there are mistakes: sorted by file, line and column.
    package func check(_ path: String) -> (outcome: PolicyOutcome, warnings: [PolicyMistake]) {
        load { $0.read(path) }
    }

    private func load(_ read: (inout PolicySources) -> Void) -> (outcome: PolicyOutcome, warnings: [PolicyMistake]) {
        let run = LoadingRun(
            services: services,
            references: FileReferences(files: files, environment: environment),
            inspection: inspection,
            current: current,
            standIns: standIns,
            storeStandIn: storeStandIn
        )
        var sources = PolicySources(run: run, files: files)
        read(&sources)
        let plan = PlanDraft(sources.declarations, run: run).plan()
        let warnings = run.told(run.warnings)
        guard run.mistakes.all.isEmpty else {
            return (.mistakes(run.told(run.mistakes)), warnings)
        }
        return (.plan(plan), warnings)
    }
}
