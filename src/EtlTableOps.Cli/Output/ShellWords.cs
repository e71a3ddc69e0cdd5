using System.Text.RegularExpressions;

namespace EtlTableOps.Cli.Output;

/// <summary>
/// The library's texts name cmdlets and their parameters; a person at a shell is told the commands and options of the same
/// meaning.
/// </summary>
internal static partial class ShellWords
{
    private static readonly Dictionary<string, string> Commands = new(StringComparer.Ordinal)
    {
        ["New-ShadowTable"] = "new-shadow",
        ["Import-ShadowTable"] = "import",
        ["Sync-ShadowTable"] = "sync",
        ["Test-ShadowTable"] = "test",
        ["Compare-Table"] = "compare",
        ["Switch-Table"] = "switch",
        ["Undo-TableSwap"] = "undo",
        ["Get-TableSwap"] = "history",
        ["Repair-TableSwap"] = "repair",
        ["Get-TableVersion"] = "versions",
        ["Remove-TableVersion"] = "versions --remove",
        ["Remove-ShadowTable"] = "remove-shadow",
    };

    /// <summary>The text in the command line's words.</summary>
    public static string Of(string text)
    {
        var own = Aside().Replace(text, "");
        own = NoConnection().Replace(own, "Pass --connection, or set ETLTABLEOPS_CONNECTION");
        own = Parameter().Replace(own, match => "--" + Hump().Replace(match.Groups[1].Value, "-$1").TrimStart('-').ToLowerInvariant());
        return Cmdlet().Replace(own, match => Commands.TryGetValue(match.Groups[1].Value, out var command) ? $"'{command}{match.Groups[2].Value}'" : match.Value);
    }

    [GeneratedRegex(@" \(command line: [^)]*\)")]
    private static partial Regex Aside();

    [GeneratedRegex("Run Connect-EtlDatabase first, or pass -Connection")]
    private static partial Regex NoConnection();

    [GeneratedRegex(@"\b((?:New|Import|Sync|Test|Compare|Switch|Undo|Get|Repair|Remove)-(?:ShadowTable|TableSwap|TableVersion|Table))\b((?: --[a-z-]+)*)")]
    private static partial Regex Cmdlet();

    // Only the parameters that are options here, so that a minus sign in a database's own message stays one.
    [GeneratedRegex(@"(?<![\w-])-(Force|DistributionColumn|DistributionRows|DistributionAgainst|Distribution|CheckFile|Model|TryFor|MaxDifferences|TimeLimit|Tolerance|ExcludeColumn|Columns|ToConnection|Key|FeedColumn|FeedOverlap|MaxLoad|LoadQuery|Undoable|IgnoreOldSnapshots|ShadowName|SetColumn|AlterColumn|AddColumn|DropColumn|WhatIf|Statements|Connection|Feed|KeepVersions|StallBudget|Where|Query|Structure|Keep|To|Table|Sessions)\b")]
    private static partial Regex Parameter();

    [GeneratedRegex("(?=[A-Z])(.)")]
    private static partial Regex Hump();
}
