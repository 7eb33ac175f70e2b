package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.session.Authentication.Authenticated;
import flashsale.session.Authentication.SessionEnded;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoadTestBuyersTest {

    private static Node node;
    private static LoadTestBuyers buyers;

    @BeforeAll
    static void start() {
        node = Node.start();
        buyers = node.context().getBean(LoadTestBuyers.class);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @Test
    void fiveThousandBuyersAreLoggedInByOneCall() {
        long start = System.nanoTime();
        List<LoadTestBuyers.Buyer> logged =
                buyers.logIn(5_000, "burst-" + System.nanoTime()).block();
        LoggerFactory.getLogger(getClass()).info("5,000 buyers in {} ms", (System.nanoTime() - start) / 1_000_000);
        assertThat(logged.stream().map(LoadTestBuyers.Buyer::userId).distinct()).hasSize(5_000);
        node.view().forgetAll();
        for (LoadTestBuyers.Buyer buyer : logged) {
            Authentication seen = node.sessions()
                    .authenticate(new Proof.Bearer(buyer.accessToken()))
                    .block();
            assertThat(((Authenticated) seen).session().principal().userId()).isEqualTo(buyer.userId());
        }
    }

    @Test
    void buyersThatExistAreUsedAgainWithANewSession() {
        String prefix = "again-" + System.nanoTime();
        List<LoadTestBuyers.Buyer> first = buyers.logIn(3, prefix).block();
        List<LoadTestBuyers.Buyer> second = buyers.logIn(5, prefix).block();
        assertThat(second.stream().map(LoadTestBuyers.Buyer::userId).limit(3))
                .containsExactlyElementsOf(
                        first.stream().map(LoadTestBuyers.Buyer::userId).toList());
        assertThat(node.sessions()
                        .authenticate(new Proof.Bearer(first.getFirst().accessToken()))
                        .block())
                .isInstanceOf(SessionEnded.class);
        assertThat(node.sessions()
                        .authenticate(new Proof.Bearer(second.getFirst().accessToken()))
                        .block())
                .isInstanceOf(Authenticated.class);
    }

    @Test
    void nobodyLogsInToABuyerWithAPassword() {
        String prefix = "closed-" + System.nanoTime();
        buyers.logIn(1, prefix).block();
        assertThat(node.tryLogin(prefix + "-0", "", ClientType.APP, "10.2.0.1"))
                .isEqualTo(new LoginResult.BadCredentials());
    }

    @Test
    void aCountBeyondTheLimitIsAFault() {
        assertThatThrownBy(() -> buyers.logIn(5_001, "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> buyers.logIn(0, "x")).isInstanceOf(IllegalArgumentException.class);
    }
}
