import CloudEvents
import JSON
import Methods
import Monitoring
import OpenInference
import Prediction
import Tensors
import TestSupport
import Testing

/// What is missing in one row of a batch, on its way from a body to a monitor's rows.
@Suite struct `Missing values of a batch` {
    private static let columns = [
        ColumnDescription(name: "age"),
        ColumnDescription(name: "colour", datatype: .bytes, kind: .category, categories: ["red", "green"]),
        ColumnDescription(name: "grade", datatype: .int64, kind: .category, categories: ["1", "2", "5"]),
        ColumnDescription(name: "paid", datatype: .bool, kind: .category, categories: ["false", "true"]),
    ]

    private func rows(of body: String) throws -> [[Float]] {
        let description = ModelDescription(
            name: "shop",
            version: "1",
            inputs: Self.columns,
            outputs: [ColumnDescription(name: "price")]
        )
        let reader = try RowReader(inputsOf: description, tensor: nil)
        let rows = try reader.rows(of: try PayloadDecoder().decode(Array(body.utf8)).tensors)
        return (0..<rows.rows).map { rows[row: $0].elements }
    }

    /// Bodies of the same three rows, the second of which misses all its values.
    @Test(arguments: [
        #"""
        {"inputs":[{"name":"age","shape":[3],"datatype":"INT32","data":[31,null,7]},
        {"name":"colour","shape":[3,1],"datatype":"BYTES","data":[["green"],[null],["violet"]]},
        {"name":"grade","shape":[3],"datatype":"INT64","data":[5,null,1]},
        {"name":"paid","shape":[3],"datatype":"BOOL","data":[true,null,false]}]}
        """#,
        #"""
        {"instances":[{"age":31,"colour":"green","grade":5,"paid":true},
        {"age":null,"colour":null,"grade":null,"paid":null},{"age":7,"colour":"violet","grade":1,"paid":false}]}
        """#,
        #"""
        {"dataframe_split":{"columns":["age","colour","grade","paid"],
        "data":[[31,"green",5,true],[null,null,null,null],[7,"violet",1,false]]}}
        """#,
        #"""
        {"data":{"names":["age","colour","grade","paid"],
        "ndarray":[[31,"green",5,true],[null,null,null,null],[7,"violet",1,false]]}}
        """#,
    ])
    func `are missing there alone, and change the code of no other`(body: String) throws {
        let rows = try rows(of: body)
        #expect(rows.count == 3)
        #expect(rows[0] == [31, 1, 2, 1])
        #expect(rows[1].allSatisfy { $0.isNaN })
        #expect(rows[2] == [7, 2, 0, 0])
    }

    /// A data frame's columns come as tensors of their own, in whichever order its client wrote them.
    @Test func `columns without a schema are put in the order of the reference`() throws {
        let folder = TemporaryDirectory()
        let text =
            "name = \"MeanShift\"\n[monitor]\nmodel = \"shop\"\nwindow = { size = 4 }\n[alert]\nbudget = \"1 per 1s\"\n"
        let fitted = try Fitting.fit(
            try MonitorConfiguration(parsing: text, catalog: Traffic.catalog),
            catalog: Traffic.catalog,
            rows: Tensor<Float>(shape: [40, 2], repeating: 0),
            columns: ["age", "income"],
            output: folder.file("monitor")
        ).monitor
        #expect(fitted.manifest.columns == ["age", "income"])
        #expect(try Manifest(parsing: fitted.manifest.json.serialized()) == fitted.manifest)
        let reader = try RowReader(
            selection: #require(fitted.configuration.monitor),
            fitted: fitted,
            schema: nil,
            outputWidth: nil
        )
        #expect(reader.featureNames == ["age", "income"])
        for body in [#"{"inputs":{"income":[10,20],"age":[1,2]}}"#, #"{"inputs":{"age":[1,2],"income":[10,20]}}"#] {
            let rows = try reader.rows(of: PayloadDecoder().decode(Array(body.utf8)).tensors)
            #expect(Array(rows.elements) == [1, 10, 2, 20])
        }
        // Other names for as many columns are taken as they stand.
        let other = try reader.rows(of: PayloadDecoder().decode(Array(#"{"inputs":{"b":[1],"a":[2]}}"#.utf8)).tensors)
        #expect(Array(other.elements) == [1, 2])
    }
}
