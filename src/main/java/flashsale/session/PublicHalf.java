package flashsale.session;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;

/**
 * The public key that belongs to a private one, so that the two need not be configured as a pair that may not match.
 * For EC the JDK offers no way to it; this runs once at start, which is why it need not be fast or take equal time.
 */
final class PublicHalf {

    private static final BigInteger TWO = BigInteger.TWO;
    private static final BigInteger THREE = BigInteger.valueOf(3);

    private PublicHalf() {}

    static PublicKey of(RSAPrivateCrtKey key) throws GeneralSecurityException {
        return KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
    }

    static PublicKey of(ECPrivateKey key) throws GeneralSecurityException {
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(timesGenerator(key.getS(), key.getParams()), key.getParams()));
    }

    /** Double and add, from the highest bit down. */
    private static ECPoint timesGenerator(BigInteger factor, ECParameterSpec curve) {
        ECPoint generator = curve.getGenerator();
        ECPoint sum = ECPoint.POINT_INFINITY;
        for (int bit = factor.bitLength() - 1; bit >= 0; bit--) {
            sum = add(sum, sum, curve);
            if (factor.testBit(bit)) {
                sum = add(sum, generator, curve);
            }
        }
        return sum;
    }

    private static ECPoint add(ECPoint left, ECPoint right, ECParameterSpec curve) {
        if (left.equals(ECPoint.POINT_INFINITY)) {
            return right;
        }
        if (right.equals(ECPoint.POINT_INFINITY)) {
            return left;
        }
        BigInteger prime = ((ECFieldFp) curve.getCurve().getField()).getP();
        BigInteger x = left.getAffineX();
        BigInteger y = left.getAffineY();
        boolean same = x.equals(right.getAffineX());
        if (same && !(y.equals(right.getAffineY()) && y.signum() != 0)) {
            return ECPoint.POINT_INFINITY;
        }
        BigInteger rise = same
                ? x.pow(2).multiply(THREE).add(curve.getCurve().getA())
                : right.getAffineY().subtract(y);
        BigInteger run = same ? y.multiply(TWO) : right.getAffineX().subtract(x);
        BigInteger slope = rise.multiply(run.modInverse(prime)).mod(prime);
        BigInteger sumX = slope.pow(2).subtract(x).subtract(right.getAffineX()).mod(prime);
        return new ECPoint(sumX, slope.multiply(x.subtract(sumX)).subtract(y).mod(prime));
    }
}
