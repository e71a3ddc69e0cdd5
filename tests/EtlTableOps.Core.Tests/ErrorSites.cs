using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace EtlTableOps.Core.Tests;

/// <summary>
/// Finds in the source where errors are made and counts what they are given: a text with a place that nobody fills would
/// fail just when a user needs it.
/// </summary>
internal static partial class ErrorSites
{
    public sealed record Site(string Code, string Place, int Arguments);

    public static List<Site> InSource([CallerFilePath] string here = "")
    {
        var source = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src"));
        var sites = new List<Site>();
        foreach (var file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            if (file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)) continue;
            var text = File.ReadAllText(file);
            foreach (Match match in Creation().Matches(text))
            {
                var rest = text[(match.Index + match.Length)..];
                var line = text.AsSpan(0, match.Index).Count('\n') + 1;
                sites.Add(new Site(match.Groups["code"].Value, $"{Path.GetRelativePath(source, file)}:{line}", Count(rest.TrimStart(',', ' ', '\n', '\r'))));
            }
        }
        return sites;
    }

    /// <summary>Counts arguments up to the closing parenthesis; a first one that is an exception's variable fills no place.</summary>
    public static int Count(string text)
    {
        var arguments = new List<string>();
        int depth = 0, begin = 0, i = 0;
        for (; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '"' or '\'') i = SkipText(text, i);
            else if (c is '(' or '[' or '{') depth++;
            else if (c is ')' or ']' or '}' && depth > 0) depth--;
            else if (c == ')') break;
            else if (c == ',' && depth == 0)
            {
                arguments.Add(text[begin..i]);
                begin = i + 1;
            }
        }
        if (text[begin..i].Trim().Length > 0) arguments.Add(text[begin..i]);
        var inner = arguments.Count > 0 && Inner().IsMatch(arguments[0].Trim());
        return arguments.Count - (inner ? 1 : 0);
    }

    private static int SkipText(string text, int at)
    {
        var quote = text[at];
        var interpolated = at > 0 && text[at - 1] == '$';
        var holes = 0;
        for (var i = at + 1; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\') i++;
            else if (interpolated && c == '{' && text[i + 1] != '{') holes++;
            else if (interpolated && c == '{') i++;
            else if (interpolated && c == '}' && holes > 0) holes--;
            else if (holes > 0 && c is '"' or '\'' && holes > 0) i = SkipText(text, i);
            else if (c == quote && holes == 0) return i;
        }
        return text.Length - 1;
    }

    [GeneratedRegex(@"new (?:EtlTableOps\.)?(?:Errors\.)?EtlException\((?:EtlTableOps\.)?(?:Errors\.)?ErrorCode\.(?<code>\w+)")]
    private static partial Regex Creation();

    [GeneratedRegex("^(e|ex|inner|failure|cause|error|first|last|null|.*[eE]xception|.*Failure)$")]
    private static partial Regex Inner();
}
