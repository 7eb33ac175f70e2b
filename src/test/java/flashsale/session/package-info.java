@NullUnmarked
package flashsale.session;

import org.jspecify.annotations.NullUnmarked;
