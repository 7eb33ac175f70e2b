package flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;

import io.gatling.javaapi.core.Simulation;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Ramp, burst and steady phase of a sale against a running service, {@code -DbaseUrl=http://localhost:8080}. The run
 * fails on any wrong answer, and when the audit afterwards does not add up to what the buyers were told.
 */
public class BurstSimulation extends Simulation {

    private final String baseUrl = System.getProperty("baseUrl", "http://localhost:8080");
    private final LoadPlan plan = LoadPlan.chosen();
    private final Tally tally = new Tally();

    {
        var service = new Service(baseUrl);
        String opsToken = service.logInAsOps();
        String sale = service.openSale(opsToken, plan.stock(), plan.length());
        Iterator<Map<String, Object>> buyers = service.logInBuyers(plan.buyers()).stream()
                .map(token -> Map.<String, Object>of("accessToken", token, "sale", sale))
                .iterator();
        Iterator<Map<String, Object>> auditor =
                Stream.of(Map.<String, Object>of("opsToken", opsToken, "sale", sale)).iterator();

        setUp(scenario("buyers")
                        .feed(buyers)
                        .exec(new Buyer(tally).buys())
                        .injectOpen(plan.phases())
                        .andThen(scenario("auditor")
                                .feed(auditor)
                                .exec(new Audit(tally, plan.stock()).judges())
                                .injectOpen(atOnceUsers(1))))
                .protocols(http.baseUrl(baseUrl).acceptHeader("application/json").shareConnections())
                .assertions(
                        global().failedRequests().count().is(0L),
                        details(Audit.VERDICT).successfulRequests().count().is(1L));
    }

    @Override
    public void after() {
        System.out.println(tally);
    }
}
