using System.Globalization;
using System.Numerics;

namespace EtlTableOps.Engines;

/// <summary>The digits of a floating-point number: one text of each number, and from that text the same number again.</summary>
public static class NumberText
{
    private const long MantissaBits = (1L << 52) - 1;
    private const double LastExactWholeNumber = 1L << 53;

    /// <summary>
    /// The fewest digits that lie nearer to this number than to any other, as PostgreSQL writes it; an exponent where .NET gives one. .NET's "R" falls short of that in two places: of two powers of two it
    /// gives a digit too few, so that they read back as their neighbours (2.980232238769531E-08 for 2^-25), and of whole numbers from 2^53 it takes digits exactly halfway to a neighbour
    /// (4.33102377819521E+16 for 43310237781952096), which not every reader takes back.
    /// </summary>
    /// <param name="value">Any number, infinities and NaN included.</param>
    public static string Of(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        if (!double.IsFinite(value) || value == 0 || ((BitConverter.DoubleToInt64Bits(value) & MantissaBits) != 0 && Math.Abs(value) < LastExactWholeNumber)) return text;
        for (var digits = 15; digits <= 17 && !IsNearest(value, text); digits++) text = value.ToString("E" + (digits - 1), CultureInfo.InvariantCulture);
        return text;
    }

    private static bool IsNearest(double value, string text)
    {
        if (double.Parse(text, CultureInfo.InvariantCulture) != value) return false;
        if (Math.Abs(value) < LastExactWholeNumber) return true;
        var (exact, written) = (new BigInteger(value), BigInteger.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        if (written == exact) return true;
        var neighbour = written > exact ? Math.BitIncrement(value) : Math.BitDecrement(value);
        return !double.IsFinite(neighbour) || written * 2 != exact + new BigInteger(neighbour);
    }
}
