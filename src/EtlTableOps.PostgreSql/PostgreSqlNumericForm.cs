namespace EtlTableOps.PostgreSql;

/// <summary>
/// A number of any length as the server stores it: digits to the base of 10000, the weight of the first, the sign, and how many decimals
/// are shown.
/// </summary>
internal sealed class PostgreSqlNumericForm : PostgreSqlBinaryForm
{
    // Longer ones are rare, and the server reads them from text.
    private const int MostDigits = 200;

    protected override bool TryWriteText(ReadOnlySpan<char> text, PostgreSqlCopyBuffer to)
    {
        text = text.Trim(' ');
        var negative = false;
        if (text.Length > 0 && text[0] is '-' or '+')
        {
            negative = text[0] == '-';
            text = text[1..];
        }
        if (text.Length is 0 or > MostDigits) return false;
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        var decimals = point < 0 ? default : text[(point + 1)..];
        // Exponents, NaN, infinity and whatever else: the server's to read.
        if (whole.Length + decimals.Length == 0 || whole.ContainsAnyExceptInRange('0', '9') || decimals.ContainsAnyExceptInRange('0', '9')) return false;

        whole = whole.TrimStart('0');
        Span<short> digits = stackalloc short[(MostDigits / 4) + 2];
        var count = 0;
        var wholeDigits = (whole.Length + 3) / 4;
        var weight = wholeDigits - 1;
        for (var i = 0; i < wholeDigits; i++)
        {
            var end = whole.Length - ((wholeDigits - 1 - i) * 4);
            digits[count++] = Group(whole[Math.Max(0, end - 4)..end], 0);
        }
        for (var i = 0; i < decimals.Length; i += 4)
        {
            var part = decimals[i..Math.Min(i + 4, decimals.Length)];
            digits[count++] = Group(part, 4 - part.Length);
        }
        while (count > 0 && digits[count - 1] == 0) count--;
        var first = 0;
        while (first < count && digits[first] == 0)
        {
            first++;
            weight--;
        }
        if (first == count)
        {
            weight = 0;
            negative = false;
        }
        to.WriteInt16((short)(count - first));
        to.WriteInt16((short)weight);
        to.WriteInt16(negative ? (short)0x4000 : (short)0);
        to.WriteInt16((short)decimals.Length);
        for (var i = first; i < count; i++) to.WriteInt16(digits[i]);
        return true;
    }

    private static short Group(ReadOnlySpan<char> text, int zeros)
    {
        var value = 0;
        foreach (var c in text) value = (value * 10) + (c - '0');
        for (; zeros > 0; zeros--) value *= 10;
        return (short)value;
    }
}
