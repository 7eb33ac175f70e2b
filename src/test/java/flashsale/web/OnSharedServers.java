package flashsale.web;

import flashsale.servers.Servers;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** One service for all tests that break no server. */
abstract class OnSharedServers extends RunningService {

    @DynamicPropertySource
    static void servers(DynamicPropertyRegistry registry) {
        Servers.properties(registry);
    }
}
