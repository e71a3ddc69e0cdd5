using EtlTableOps.Checks;
using EtlTableOps.Errors;

namespace EtlTableOps.Core.Tests;

public sealed class ToleranceTests
{
    [Theory]
    [InlineData("amount=0.01", "1.00", "1.01", true)]
    [InlineData("amount=0.01", "1.00", "1.0100001", false)]
    [InlineData("amount=0.01", "-0.005", "0.005", true)]
    [InlineData("amount=0.01", "1", null, false)]
    [InlineData("amount=0.01", null, null, true)]
    [InlineData("amount=0.01", "NaN", "NaN", true)]
    [InlineData("amount=0.01", "NaN", "1", false)]
    [InlineData("amount=1%", "100", "101", true)]
    [InlineData("amount=1%", "100", "101.02", false)]
    [InlineData("amount=1%", "0", "0.0001", false)]
    [InlineData("amount=noise", "0.3", "0.30000000000000004", true)]
    [InlineData("amount=noise", "0.3", "0.300000000001", false)]
    [InlineData("amount=1", "123456789012345678901234567890", "123456789012345678901234567890", true)]
    [InlineData("at=1s", "2026-01-01T00:00:00.000000000Z", "2026-01-01T00:00:01.000000000Z", true)]
    [InlineData("at=1s", "2026-01-01T00:00:00.000000000Z", "2026-01-01T00:00:01.000000001Z", false)]
    [InlineData("at=1d", "2026-01-01", "2026-01-02", true)]
    [InlineData("at=1s", "soon", "2026-01-02", false)]
    public void Values_no_further_apart_count_as_equal(string tolerance, string? expected, string? actual, bool equal)
    {
        Assert.Equal(equal, Tolerance.Parse(tolerance).Allows(expected, actual));
        Assert.Equal(equal, Tolerance.Parse(tolerance).Allows(actual, expected));
    }

    [Theory]
    [InlineData("amount")]
    [InlineData("=1")]
    [InlineData("amount=-1")]
    [InlineData("amount=much")]
    [InlineData("amount=")]
    public void What_is_no_tolerance_is_refused(string text) =>
        Assert.Equal(ErrorCode.BadInput, Assert.Throws<EtlException>(() => Tolerance.Parse(text)).Code);

    [Theory]
    [InlineData("amount=0.01", "amount within 0.01")]
    [InlineData("a=b=1.5%", "a=b within 1.5 %")]
    [InlineData("at=500ms", "at within 500 ms")]
    public void It_says_what_it_is(string text, string said) => Assert.Equal(said, Tolerance.Parse(text).ToString());

    [Fact]
    public void Differences_show_what_cannot_be_seen()
    {
        Assert.Equal("name: Zoë → \"Zoe\\u0308\"", new ValueDifference("name", "Zo\u00eb", "Zoe\u0308").ToString());
        Assert.Equal("name: NULL → \"\"", new ValueDifference("name", null, "").ToString());
        Assert.Equal("name: \"NULL\" → \"a \"", new ValueDifference("name", "NULL", "a ").ToString());
        var (first, second) = (new string('x', 200) + "1" + new string('y', 200), new string('x', 200) + "2" + new string('y', 200));
        Assert.Contains("x1y", new ValueDifference("name", first, second).ToString(), StringComparison.Ordinal);
    }
}
