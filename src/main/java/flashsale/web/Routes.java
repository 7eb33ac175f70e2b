package flashsale.web;

import org.springframework.core.Ordered;

/**
 * Every address of the API and who may call it; above it, the filters every request passes, in their order. The taps a
 * burst consists of are answered in front of all this, with the same rooms and the same bytes: {@link Doorkeeper} turns
 * away those that are hopeless, {@link Cashier} sells to those that are plain, and {@link Receipts} is what
 * {@link PurchaseCall} is here.
 */
final class Routes {

    /** Names the request, sets the common headers, logs the end. */
    static final int FIRST_EDGE = Ordered.HIGHEST_PRECEDENCE;

    /** Only where other sites are allowed in; before the gate, so that its refusals can be read there too. */
    static final int THEN_CORS = FIRST_EDGE + 1;

    /** Refuses addresses that ask too often, before anything costs anything. */
    static final int THEN_ADDRESSES = FIRST_EDGE + 2;

    /** Refuses purchases before routing: 401, 404, 429, the sale's state. */
    static final int THEN_PURCHASE_GATE = FIRST_EDGE + 3;

    static final String PURCHASE = "/api/sales/{id}/orders";

    private Routes() {}

    /** @param settings of the calls that take longer than others */
    static RouteTable of(
            Calls may,
            Ping ping,
            PurchaseCall purchase,
            SaleCalls sales,
            OrderCalls orders,
            PaymentCalls payments,
            SessionCalls sessions,
            SessionEvents sessionEvents,
            UserCalls users,
            OpsCalls ops,
            DegradationCalls degradation,
            AccountPage account,
            Pages pages,
            Jwks jwks,
            WebSettings settings) {
        // Tried from the top: what a burst calls comes first.
        return new RouteTable()
                .get("/ping", ping::ping)
                .post(PURCHASE, purchase::buy)
                .get("/api/sales/{id}", sales::one)
                .get("/api/sales", may.anyone(sales::all))
                .get("/api/sales/{id}/events", may.anyone(sales::watch))
                .get("/api/sales/{id}/orders/mine", may.read(sales::mine))
                .get("/api/orders", may.read(orders::newest))
                .get("/api/orders/{id}", may.read(orders::one))
                .post("/api/orders/{id}/payment", may.vital(payments::pay))
                .post("/api/orders/{id}/cancellation", may.vital(payments::cancel))
                .post("/api/payments/webhook", may.anyone(payments::webhook))
                .get("/api/orders/{id}/history", may.read(orders::history))
                .get("/api/orders/{id}/events", may.read(orders::watch))
                .post("/api/orders/{id}/completion", may.user(orders::complete))
                .post("/api/sessions", may.stranger(sessions::logIn))
                .get("/api/sessions", may.user(sessions::all))
                .get("/api/sessions/events", may.user(sessionEvents::watch))
                .delete("/api/sessions", may.user(sessions::endOthers))
                .delete("/api/sessions/current", may.user(sessions::endCurrent))
                .delete("/api/sessions/{id}", may.user(sessions::end))
                .post("/api/users", may.stranger(users::register))
                .put("/api/users/me/password", may.user(users::changePassword))
                .post("/api/ops/sales", may.ops("create", ops::create))
                .post("/api/ops/sales/{id}/preheat", may.ops("preheat", settings.longDeadline(), ops::preheat))
                .post("/api/ops/sales/{id}/pause", may.ops("pause", ops::pause))
                .post("/api/ops/sales/{id}/resume", may.ops("resume", ops::resume))
                .post("/api/ops/sales/{id}/restock", may.ops("restock", ops::restock))
                .get("/api/ops/sales/{id}/audit", may.ops("audit", ops::audit))
                .post("/api/ops/sales/{id}/sync", may.ops("sync", settings.longDeadline(), ops::sync))
                .get("/api/ops/warmups", may.ops("warmups", ops::warmUps))
                .get("/api/ops/dead-letters", may.ops("dead-letters", ops::deadLetters))
                .post("/api/ops/dead-letters/{id}/retry", may.ops("retry", ops::retry))
                .post("/api/ops/orders/{id}/refund", may.ops("refund", payments::refund))
                .post("/api/ops/orders/{id}/shipment", may.ops("shipment", orders::ship))
                .post("/api/ops/users/{id}/role", may.ops("role", ops::role))
                .post("/api/ops/users/{id}/logout", may.ops("logout", ops::logOut))
                .get("/api/ops/degradation", may.opsLook("degradation-report", degradation::report))
                .post(
                        "/api/ops/degradation/confirm",
                        may.ops("confirm-degradation", settings.longDeadline(), degradation::confirm))
                .get("/api/ops/actions", may.ops("actions", ops::actions))
                .get("/account", may.anyone(account::show))
                .get("/account.js", account::script)
                .get("/.well-known/jwks.json", jwks::keys)
                .get("/v3/api-docs", pages::apiDocs)
                .get("/problems", pages::problems)
                .get("/problems/{name}", pages::problem);
    }

    /** Exists in the profile {@code local} only. */
    static RouteTable dev(RouteTable table, Calls may, DevCalls dev, WebSettings settings) {
        return table.post("/api/dev/sessions", may.anyone(settings.longDeadline(), dev::sessions));
    }
}
