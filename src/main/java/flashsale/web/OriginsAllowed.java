package flashsale.web;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Whether pages of other sites may call: without any, nothing looks at the header Origin. */
final class OriginsAllowed implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata bean) {
        return Binder.get(context.getEnvironment())
                .bind("flash-sale.web.allowed-origins", Bindable.listOf(String.class))
                .map(origins -> !origins.isEmpty())
                .orElse(false);
    }
}
