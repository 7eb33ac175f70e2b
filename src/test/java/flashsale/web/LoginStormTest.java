package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/** Passwords are slow on purpose; buyers who are logged in already must not notice. */
@TestPropertySource(properties = "flash-sale.session.hashing.cost=12")
class LoginStormTest extends OnSharedServers {

    private static final int STORMING = 40;

    @Test
    void whileEverybodyLogsInTheSaleGoesOn() throws Exception {
        String sale = openSale();
        List<String> buyers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            buyers.add(api.buyer("calm-" + UUID.randomUUID().toString().substring(0, 8)));
        }
        String user = user();
        AtomicBoolean storm = new AtomicBoolean(true);
        try (ExecutorService many = Executors.newFixedThreadPool(STORMING)) {
            List<Future<List<Integer>>> logins = new ArrayList<>();
            for (int i = 0; i < STORMING; i++) {
                logins.add(many.submit(() -> logInWhile(storm, user)));
            }
            try {
                for (String buyer : buyers) {
                    Api.Reply bought = api.buy(sale, buyer, "storm", 1);
                    assertThat(bought.status()).as(bought.text()).isEqualTo(201);
                }
            } finally {
                storm.set(false);
            }
            List<Integer> answers = new ArrayList<>();
            for (Future<List<Integer>> login : logins) {
                answers.addAll(login.get());
            }
            assertThat(answers)
                    .as("logged in, or told to come back")
                    .isSubsetOf(201, 503)
                    .contains(201);
        }
    }

    /** A quarter of the queue is for them; the rest is for those who have an account. */
    @Test
    void whoeverRegistersInAStormOfNewcomersIsToldToComeBack() throws Exception {
        List<Api.Reply> replies = new ArrayList<>();
        try (ExecutorService many = Executors.newFixedThreadPool(STORMING)) {
            List<Future<Api.Reply>> newcomers = new ArrayList<>();
            for (int i = 0; i < STORMING; i++) {
                String name = "new-" + UUID.randomUUID().toString().substring(0, 8);
                newcomers.add(many.submit(() ->
                        api.post("/api/users", null, "{\"username\":\"" + name + "\",\"password\":\"long enough\"}")));
            }
            for (Future<Api.Reply> newcomer : newcomers) {
                replies.add(newcomer.get());
            }
        }
        assertThat(replies)
                .extracting(reply -> reply.status() == 201 ? "registered" : reply.problem())
                .contains("registered", "overloaded")
                // Where the machine is busy, also who waited a second for a connection to PostgreSQL.
                .isSubsetOf("registered", "overloaded", "degraded");
        assertThat(replies)
                .filteredOn(reply -> reply.status() != 201)
                .extracting(reply -> reply.status() + " " + reply.header("Retry-After"))
                .allMatch(told -> told.matches("503 [1-9][0-9]*"));
    }

    private List<Integer> logInWhile(AtomicBoolean storm, String user) {
        List<Integer> answers = new ArrayList<>();
        do {
            answers.add(api.post("/api/sessions", null, """
                            {"username":"%s","password":"long enough","clientType":"app","deviceId":"d"}
                            """.formatted(user)).status());
        } while (storm.get());
        return answers;
    }
}
