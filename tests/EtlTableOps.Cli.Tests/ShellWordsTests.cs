using System.Text.RegularExpressions;
using EtlTableOps.Cli.Output;
using EtlTableOps.Errors;

namespace EtlTableOps.Cli.Tests;

/// <summary>A person at a shell is told commands, not cmdlets.</summary>
public sealed partial class ShellWordsTests
{
    [Theory]
    [InlineData("Run Repair-TableSwap (command line: repair): it asks.", "Run 'repair': it asks.")]
    [InlineData("Abandon it with Remove-ShadowTable, or build anew with -Force.", "Abandon it with 'remove-shadow', or build anew with --force.")]
    [InlineData("Look at it (Get-TableSwap -Statements) or with -WhatIf.", "Look at it ('history --statements') or with --what-if.")]
    [InlineData("allow more with -TryFor.", "allow more with --try-for.")]
    [InlineData("invalid input syntax: -5 - x-Force", "invalid input syntax: -5 - x-Force")]
    public void A_text_is_told_in_the_words_of_a_shell(string text, string told) => Assert.Equal(told, ShellWords.Of(text));

    [Fact]
    public void No_remedy_of_any_error_sends_a_person_at_a_shell_to_a_cmdlet()
    {
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            var (message, remedy) = EtlException.TextsOf(code);
            Assert.DoesNotMatch(Cmdlet(), ShellWords.Of(message!));
            Assert.DoesNotMatch(Cmdlet(), ShellWords.Of(remedy!));
        }
    }

    [GeneratedRegex(@"\b[A-Z][a-z]+-(?:Etl|Table|Shadow)|(?<![\w-])-[A-Z]")]
    private static partial Regex Cmdlet();
}
