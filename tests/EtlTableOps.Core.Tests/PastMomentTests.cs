using EtlTableOps.Errors;
using EtlTableOps.Shadows;

namespace EtlTableOps.Core.Tests;

public sealed class PastMomentTests
{
    [Theory]
    [InlineData("2026-11-21T10:00:00Z", "at 2026-11-21T10:00:00Z")]
    [InlineData("2026-11-21 11:00:00.1234567 +01:00", "at 2026-11-21T10:00:00.1234567Z")]
    [InlineData("2h", "at 2 h ago")]
    [InlineData("-90m", "at 1.5 h ago")]
    [InlineData("01B2C3D4-0000-1234-0000-000123456789", "at statement 01b2c3d4-0000-1234-0000-000123456789")]
    public void A_moment_is_a_time_a_length_or_a_statement(string text, string means)
    {
        var moment = PastMoment.Parse(text, before: false);
        Assert.Equal(1, new object?[] { moment.Time, moment.Ago, moment.Statement }.Count(p => p is not null));
        if (moment.Ago is null) Assert.Equal(means, moment.ToString());
        Assert.StartsWith("just before ", PastMoment.Parse(text, before: true).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-21T10:00:00")]
    [InlineData("2026-11-21")]
    [InlineData("10")]
    [InlineData("yesterday")]
    [InlineData("")]
    [InlineData("2h'; DROP TABLE t")]
    public void What_could_mean_two_things_is_refused(string text) =>
        Assert.Equal(ErrorCode.BadInput, Assert.Throws<EtlException>(() => PastMoment.Parse(text, before: false)).Code);

    [Fact]
    public void Just_before_a_time_is_the_nanosecond_before_it() =>
        Assert.Equal(1_000_000_000L - 1, PastMoment.Parse("1970-01-01T00:00:01Z", before: true).ToNanoseconds());
}
