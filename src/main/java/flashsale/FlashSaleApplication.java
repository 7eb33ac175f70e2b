package flashsale;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class FlashSaleApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(FlashSaleApplication.class, arguments);
    }
}
