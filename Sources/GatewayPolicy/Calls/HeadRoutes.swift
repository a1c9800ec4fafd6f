internal import GatewayKit

/// The routes of a plan that ask for nothing in the body.
struct HeadRoutes: Sendable {
    private let table: RouteTable
    private let choices: [CallDoor.Choice]

    init(_ routes: [PlannedRoute]) {
        table = RouteTable(routes.map(\.match))
        choices = routes.map { CallDoor.Choice(route: $0.route, isPayable: $0.isPriced) }
    }

    func choice(for request: RequestHead) -> CallDoor.Choice? {
        table.route(for: request, as: request.method).map { index in
            index == Endpoints.undecided
                ? CallDoor.Choice(route: UndecidedStage.route, isPayable: false) : choices[index]
        }
    }
}
