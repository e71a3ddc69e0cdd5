using EtlTableOps.Tables;

namespace EtlTableOps.Core.Tests;

public sealed class MarkTests
{
    [Theory]
    [InlineData(MarkRole.Shadow)]
    [InlineData(MarkRole.Version)]
    [Trait("Promise", "11")]
    public void A_mark_is_read_back(MarkRole role)
    {
        var mark = new Mark(role, "20261120T201500Z-3f2a9c01");
        Assert.Equal(mark, Mark.TryParse(mark.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("etltableops")]
    [InlineData("etltableops:shadow:")]
    [InlineData("etltableops:live:x")]
    [InlineData("ETLTABLEOPS:shadow:x")]
    [InlineData("etltableops:shadow:x:y")]
    [InlineData("see etltableops:shadow:x")]
    [InlineData(" etltableops:shadow:x")]
    [Trait("Promise", "11")]
    public void Nothing_else_passes_for_a_mark(string? text) => Assert.Null(Mark.TryParse(text));
}
