package flashsale;

import flashsale.servers.Servers;
import org.springframework.boot.SpringApplication;

/** The service on servers it brings along: {@code ./mvnw spring-boot:test-run}. */
public final class TestFlashSaleApplication {

    private TestFlashSaleApplication() {}

    public static void main(String[] arguments) {
        // System properties: above the environment of a developer's shell, below an argument given on purpose.
        Servers.forLocalRun().springProperties().forEach(System::setProperty);
        SpringApplication.from(FlashSaleApplication::main)
                .withAdditionalProfiles("local")
                .run(arguments);
    }
}
