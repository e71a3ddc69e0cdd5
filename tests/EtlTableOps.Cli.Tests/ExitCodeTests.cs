using EtlTableOps.Cli.Output;
using EtlTableOps.Errors;

namespace EtlTableOps.Cli.Tests;

/// <summary>One mapping from failures to exit codes.</summary>
public sealed class ExitCodeTests
{
    public static TheoryData<ErrorCode, int> Codes()
    {
        var data = new TheoryData<ErrorCode, int>();
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            data.Add(code, code switch
            {
                ErrorCode.BadInput or ErrorCode.UnknownEngine or ErrorCode.NoConnection => 64,
                ErrorCode.NotProven or ErrorCode.ShadowChanged or ErrorCode.LiveChanged or ErrorCode.TestFailed => 2,
                ErrorCode.FeedBroken or ErrorCode.ImportedKeyTaken or ErrorCode.RowsWrittenSince or ErrorCode.StallBudgetExceeded => 2,
                ErrorCode.CleanUpPending => 3,
                ErrorCode.OwnershipUnknown => 4,
                ErrorCode.Cancelled => 130,
                _ => 1,
            });
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Each_error_code_has_its_exit_code(ErrorCode code, int exit) =>
        Assert.Equal(exit, (int)ExitCodes.Of(new EtlException(code, "a", "b", "c", "d", "e")));

    [Theory]
    [InlineData(ErrorCode.StatementFailed)]
    [InlineData(ErrorCode.ConnectionLost)]
    [InlineData(ErrorCode.NotProven)]
    [InlineData(ErrorCode.BadInput)]
    public void A_lasting_change_outweighs_what_went_wrong(ErrorCode code) =>
        Assert.Equal(3, (int)ExitCodes.Of(new EtlException(code, "a", "b", "c", "d", "e") { DurableChangeMade = true }));

    [Theory]
    [InlineData(ErrorCode.ConnectionLost)]
    [InlineData(ErrorCode.Cancelled)]
    [InlineData(ErrorCode.CleanUpPending)]
    public void Not_knowing_which_table_is_live_outweighs_everything(ErrorCode code) =>
        Assert.Equal(4, (int)ExitCodes.Of(new EtlException(code, "a", "b", "c", "d", "e") { DurableChangeMade = true, OwnershipUnknown = true }));

    [Fact]
    public void A_cancel_is_130_whatever_type_it_has()
    {
        Assert.Equal(130, (int)ExitCodes.Of(new OperationCanceledException()));
        Assert.Equal(130, (int)ExitCodes.Of(new EtlException(ErrorCode.Cancelled)));
    }

    [Fact]
    public void An_unforeseen_failure_is_1() => Assert.Equal(1, (int)ExitCodes.Of(new InvalidOperationException("a defect")));
}
