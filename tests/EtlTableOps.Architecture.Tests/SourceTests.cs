using System.Text.RegularExpressions;

namespace EtlTableOps.Architecture.Tests;

/// <summary>Rules that only the text shows.</summary>
public sealed partial class SourceTests
{
    public static TheoryData<string> Libraries => [.. House.Projects.Where(p => p != "Cli")];

    [Fact]
    public void The_domain_never_names_an_engine()
    {
        var names = new Regex("sqlite|postgres|snowflake|npgsql", RegexOptions.IgnoreCase);
        var found =
            from file in House.Source("Core")
            from line in Lines(file.Text)
            where !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal) && names.IsMatch(line.Text)
            select $"{file.Path}:{line.Number}: {line.Text.Trim()}";
        House.Nothing(found);
        Assert.DoesNotMatch(names, File.ReadAllText(Path.Combine(House.Root, "src/EtlTableOps.Core/Errors/ErrorTexts.resx")));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_never_writes_to_the_console(string project)
    {
        var console = new Regex(@"\bConsole\.(?!Markup)(Write|WriteLine|Error|Out|In|Read|ReadLine|ReadKey)\b");
        House.Nothing(Matches(House.Source(project), console));
    }

    [Fact]
    public void The_module_keeps_no_static_state_that_runspaces_would_share()
    {
        var mutable = new Regex(@"^\s*(?:public|internal|private|protected)?\s*static\s+(?!readonly|partial|class|async|extern|record|unsafe)(?:volatile\s+)?[\w<>\[\],.? ]+\s+\w+\s*(?:=(?!>)|;)");
        House.Nothing(Matches(House.Source("PowerShell"), mutable));
        var settable = new Regex(@"\bstatic\b[^({=]*\{\s*get;\s*(?:private |internal )?set;");
        House.Nothing(Matches(House.Source("PowerShell"), settable));
    }

    [Fact]
    public void A_collection_in_a_static_field_of_the_module_is_bound_to_its_runspace()
    {
        var collection = new Regex(@"static\s+readonly\s+(?:Concurrent|List|Dictionary|HashSet|Queue|Stack)\w*<");
        House.Nothing(Matches(House.Source("PowerShell"), collection));
    }

    [Fact]
    public void The_module_and_the_command_line_write_no_sql_by_hand_for_an_engine()
    {
        // The demo has consumers of its own; what they run is their business.
        var sql = new Regex("\"\\s*(?:SELECT .+ FROM|INSERT INTO|UPDATE \\w+ SET|DELETE FROM|DROP TABLE|ALTER TABLE|CREATE TABLE)\\b");
        House.Nothing(Matches(House.Source("PowerShell"), sql));
        House.Nothing(Matches(House.Source("Cli").Where(f => !f.Path.Contains("/Demo/", StringComparison.Ordinal)), sql));
    }

    [Fact]
    public void No_file_is_longer_than_five_hundred_lines()
    {
        var files = House.SourceUnder("src").Concat(House.SourceUnder("tests"));
        House.Nothing(files.Where(f => f.Text.AsSpan().Count('\n') > 500).Select(f => f.Path));
    }

    [Fact]
    public void Nothing_is_called_a_manager_a_helper_or_utils()
    {
        var vague = new Regex(@"\b(?:class|record|struct|interface|enum)\s+\w*(?:Manager|Helper|Helpers|Utils|Util|Utilities)\b");
        House.Nothing(Matches(House.SourceUnder("src").Concat(House.SourceUnder("tests")), vague));
    }

    [Fact]
    public void No_work_is_left_as_a_note()
    {
        var note = new Regex(@"\b(?:TODO|FIXME|HACK|XXX)\b|NotImplementedException");
        House.Nothing(Matches(House.SourceUnder("src"), note));
    }

    [Fact]
    public void A_caught_failure_is_never_dropped_without_a_reason()
    {
        var dropped = new Regex(@"catch[^{;]*\{\s*\}", RegexOptions.Singleline);
        House.Nothing(House.SourceUnder("src").Where(f => dropped.IsMatch(f.Text)).Select(f => f.Path));
    }

    [Fact]
    public void Nothing_names_a_place_of_the_machine_it_was_written_on()
    {
        var place = new Regex("\"/(?:home|work|root|Users)/|[A-Z]:\\\\\\\\Users");
        House.Nothing(Matches(House.SourceUnder("src"), place));
    }

    [Fact]
    public void A_type_is_sealed_unless_it_is_made_to_be_derived_from()
    {
        // A class that is neither sealed, static, abstract nor a partial of such has to have a derived class in the source.
        var declaration = new Regex(@"^(?:    )*(?:public|internal|private)\s+(?<rest>(?:partial\s+)?(?:class|record)\s+(?<name>\w+))", RegexOptions.Multiline);
        var all = House.SourceUnder("src").ToList();
        var open =
            from file in all
            from Match match in declaration.Matches(file.Text)
            let name = match.Groups["name"].Value
            where name != "struct"
            let derived = new Regex($@"(?:class|record)\s+\w+(?:<[^>]*>)?(?:\([^;{{]*?\))?\s*:\s*(?:[\w.]+,\s*)*(?:[\w.]+\.)?{name}\b", RegexOptions.Singleline)
            let sealedElsewhere = new Regex($@"(?:sealed|static|abstract)\s+(?:partial\s+)?(?:class|record)\s+{name}\b")
            where !all.Exists(f => derived.IsMatch(f.Text) || sealedElsewhere.IsMatch(f.Text))
            select $"{file.Path}: {name}";
        House.Nothing(open);
    }

    private static IEnumerable<string> Matches(IEnumerable<(string Path, string Text)> files, Regex wanted) =>
        from file in files
        from line in Lines(file.Text)
        where wanted.IsMatch(line.Text) && !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
        select $"{file.Path}:{line.Number}: {line.Text.Trim()}";

    private static IEnumerable<(int Number, string Text)> Lines(string text) => text.Split('\n').Select((line, i) => (i + 1, line));
}
