package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;

import io.gatling.javaapi.core.Assertion;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.OpenInjectionStep;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A sale of its own, visitors who have their sessions, and the audit as last visitor. The run fails, and the command with it, on
 * any answer that the contract does not have and on books that do not add up to what the buyers were told.
 */
abstract class SaleSimulation extends Simulation {

    private static final int ADDRESSES = 256;

    final Tally tally = new Tally();
    private final Target target = Target.given();
    private final Service service = new Service(target);
    private final String opsToken = service.logInAsOps();
    private String sale = "";

    /** Opens the sale and logs its buyers in; each is somebody who never bought here. */
    final Iterator<Map<String, Object>> buyers(int stock, int count, Duration length) {
        sale = service.openSale(opsToken, stock, length);
        return service.logInBuyers(count).stream()
                .map(token -> Map.<String, Object>of("accessToken", token))
                .iterator();
    }

    /**
     * @param visit of one visitor, who knows the sale
     * @param least units that must be sold in the end, asked when everybody has left
     */
    final void rehearse(ChainBuilder visit, int stock, LongSupplier least, OpenInjectionStep... phases) {
        setUp(scenario("visitors")
                        .exec(this::entersTheSale)
                        .exec(visit)
                        .injectOpen(phases)
                        .andThen(scenario("auditor")
                                .exec(this::entersTheSale)
                                .exec(session -> session.set("opsToken", opsToken))
                                .exec(new Audit(tally, stock, least).judges())
                                .injectOpen(atOnceUsers(1))))
                .protocols(protocol())
                .assertions(assertions());
    }

    private Session entersTheSale(Session session) {
        return session.set("sale", sale);
    }

    private HttpProtocolBuilder protocol() {
        // A virtual user must send what it is told to, also what its cache would answer.
        var protocol = http.baseUrl(target.baseUrl())
                .acceptHeader("application/json")
                .disableCaching()
                .shareConnections();
        return target.actsAsProxy() ? protocol.header("X-Forwarded-For", SaleSimulation::address) : protocol;
    }

    /** Of 10.0.0.0/8, one for each of the last sixteen million visitors. */
    private static String address(Session session) {
        long user = session.userId();
        return "10." + user / ADDRESSES / ADDRESSES % ADDRESSES + "." + user / ADDRESSES % ADDRESSES + "."
                + user % ADDRESSES;
    }

    private static List<Assertion> assertions() {
        var assertions = new ArrayList<Assertion>(List.of(
                global().failedRequests().count().is(0L),
                details(Audit.VERDICT).successfulRequests().count().is(1L)));
        Integer p99 = Integer.getInteger("p99");
        if (p99 != null) {
            assertions.add(global().responseTime().percentile(99).lte(p99));
        }
        return assertions;
    }

    @Override
    public void after() {
        System.out.println("sale " + sale + ": " + tally);
    }
}
