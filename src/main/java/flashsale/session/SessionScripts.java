package flashsale.session;

import flashsale.redis.Script;
import java.util.List;
import org.springframework.data.redis.core.script.DefaultRedisScript;
import org.springframework.data.redis.core.script.RedisScript;

/** The scripts of this room, read and hashed once at start: on an event loop that would block. */
record SessionScripts(
        RedisScript<Long> open,
        RedisScript<List<Object>> admit,
        RedisScript<List<Object>> retire,
        RedisScript<List<Object>> retireOthers,
        RedisScript<Long> extend,
        RedisScript<Long> renew,
        RedisScript<Long> end,
        RedisScript<Long> change) {

    @SuppressWarnings({"unchecked", "rawtypes"})
    static SessionScripts load() {
        Class<List<Object>> list = (Class) List.class;
        return new SessionScripts(
                script("open", Long.class),
                script("admit", list),
                script("retire", list),
                script("retire-others", list),
                script("extend", Long.class),
                script("renew", Long.class),
                script("end", Long.class),
                script("change", Long.class));
    }

    private static <T> RedisScript<T> script(String name, Class<T> result) {
        var script = new DefaultRedisScript<>(Script.named("session/" + name).source(), result);
        script.getSha1();
        return script;
    }
}
