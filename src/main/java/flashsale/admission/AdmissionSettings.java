package flashsale.admission;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Who may try now.
 *
 * @param userPerSecond purchases a user may try each second: the business rule of a flash sale, a person does not tap
 *     faster with a purpose
 * @param userBurst purchases a user may try at once after a pause
 * @param users most users whose rate a node remembers; beyond it the least active start with a full bucket
 */
@Validated
@ConfigurationProperties("flash-sale.admission")
record AdmissionSettings(
        @DefaultValue("2") @Min(1) long userPerSecond,
        @DefaultValue("5") @Min(1) long userBurst,
        @DefaultValue("500000") @Min(1) long users) {}
